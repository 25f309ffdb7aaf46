"""What people say to each other, and who they are."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.discussion import reports, threads, write_ups
from bounty.web.label_reports import label_reports
from bounty.web.people import certificates, profiles
from bounty.web.stories import stories

_TALK, _WRITE_UPS = "c/<slug:slug>/discussion/", "c/<slug:slug>/write-ups/"

addresses: list[URLPattern | URLResolver] = [
    path(_TALK, threads.index, name="discussion"),
    path(f"{_TALK}new/", threads.start, name="thread-new"),
    path(f"{_TALK}<int:pk>/", threads.thread, name="thread"),
    path(f"{_TALK}<int:pk>/accept/", threads.accept, name="thread-accept"),
    path(f"{_TALK}<int:pk>/settle/", threads.settle, name="thread-settle"),
    path(f"{_TALK}posts/<int:pk>/edit/", threads.edit, name="post-edit"),
    path(f"{_TALK}posts/<int:pk>/history/", threads.history, name="post-history"),
    path(_WRITE_UPS, write_ups.index, name="write-ups"),
    path(f"{_WRITE_UPS}<slug:team_slug>/", write_ups.show, name="write-up"),
    path(f"{_WRITE_UPS}<slug:team_slug>/edit/", write_ups.edit, name="write-up-edit"),
    path(f"{_WRITE_UPS}<slug:team_slug>/history/", write_ups.history, name="write-up-history"),
    path("c/<slug:slug>/report/<str:kind>/<str:key>/", reports.report, name="report"),
    path("c/<slug:slug>/moderate/reports/<int:pk>/", reports.decide, name="moderate-report"),
    path("c/<slug:slug>/moderate/texts/<str:kind>/<int:pk>/", reports.text, name="moderate-text"),
    path("people/<str:username>/", profiles.show, name="profile"),
    path("account/profile/", profiles.edit, name="profile-edit"),
    path("certificates/", certificates.check, name="certificate-check"),
    path("certificates/<str:code>/", certificates.show, name="certificate"),
    path("certificates/<str:code>/withdraw/", certificates.withdraw, name="certificate-withdraw"),
    path("c/<slug:slug>/team/certificates/", certificates.issue, name="certificate-issue"),
    path("c/<slug:slug>/patches/<int:number>/", stories.patch, name="patch-story"),
    path("c/<slug:slug>/findings/<int:number>/", stories.finding, name="finding-story"),
    path("c/<slug:slug>/harms/", stories.open_harms, name="harms"),
    path("c/<slug:slug>/labels/", label_reports.index, name="labels"),
    path("c/<slug:slug>/labels/new/", label_reports.report, name="label-report"),
    path("c/<slug:slug>/organise/labels/", label_reports.answer, name="organise-labels"),
]
