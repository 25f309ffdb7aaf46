"""What people say to each other, and who they are."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.views import discussion, reports, write_ups

_TALK, _WRITE_UPS = "c/<slug:slug>/discussion/", "c/<slug:slug>/write-ups/"

addresses: list[URLPattern | URLResolver] = [
    path(_TALK, discussion.index, name="discussion"),
    path(f"{_TALK}new/", discussion.start, name="thread-new"),
    path(f"{_TALK}<int:pk>/", discussion.thread, name="thread"),
    path(f"{_TALK}<int:pk>/accept/", discussion.accept, name="thread-accept"),
    path(f"{_TALK}<int:pk>/settle/", discussion.settle, name="thread-settle"),
    path(f"{_TALK}posts/<int:pk>/edit/", discussion.edit, name="post-edit"),
    path(f"{_TALK}posts/<int:pk>/history/", discussion.history, name="post-history"),
    path(_WRITE_UPS, write_ups.index, name="write-ups"),
    path(f"{_WRITE_UPS}<slug:team_slug>/", write_ups.show, name="write-up"),
    path(f"{_WRITE_UPS}<slug:team_slug>/edit/", write_ups.edit, name="write-up-edit"),
    path(f"{_WRITE_UPS}<slug:team_slug>/history/", write_ups.history, name="write-up-history"),
    path("c/<slug:slug>/report/<str:kind>/<str:key>/", reports.report, name="report"),
    path("c/<slug:slug>/moderate/reports/<int:pk>/", reports.decide, name="moderate-report"),
    path("c/<slug:slug>/moderate/texts/<str:kind>/<int:pk>/", reports.text, name="moderate-text"),
]
