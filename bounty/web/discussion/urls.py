"""Addresses of discussions, write-ups, and reports of abuse."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.discussion import reports, threads, write_ups

_TALK, _WRITE_UPS = "c/<slug:slug>/discussion/", "c/<slug:slug>/write-ups/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_TALK, threads.index, name="discussion"),
    path(f"{_TALK}new/", threads.start_thread, name="thread-new"),
    path(f"{_TALK}<int:pk>/", threads.thread_detail, name="thread"),
    path(f"{_TALK}<int:pk>/accept/", threads.accept_answer, name="thread-accept"),
    path(f"{_TALK}<int:pk>/settle/", threads.settle_thread, name="thread-settle"),
    path(f"{_TALK}posts/<int:pk>/edit/", threads.edit_post, name="post-edit"),
    path(f"{_TALK}posts/<int:pk>/history/", threads.post_history, name="post-history"),
    path(_WRITE_UPS, write_ups.index, name="write-ups"),
    path(f"{_WRITE_UPS}<slug:team_slug>/", write_ups.write_up_detail, name="write-up"),
    path(f"{_WRITE_UPS}<slug:team_slug>/edit/", write_ups.edit_write_up, name="write-up-edit"),
    path(f"{_WRITE_UPS}<slug:team_slug>/history/", write_ups.write_up_history, name="write-up-history"),
    path("c/<slug:slug>/report/<str:kind>/<str:key>/", reports.report_abuse, name="report"),
    path("c/<slug:slug>/moderate/reports/<int:pk>/", reports.answer_report, name="moderate-report"),
    path("c/<slug:slug>/moderate/texts/<str:kind>/<int:pk>/", reports.moderate_text, name="moderate-text"),
]
