"""Addresses of the moderators' panel and of teams' appeals."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.moderation import appeals, assignments, findings, queue, submission

_MODERATE = "c/<slug:slug>/moderate/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_MODERATE, queue.show, name="moderate"),
    path(f"{_MODERATE}submissions/<uuid:key>/", submission.show, name="moderate-submission"),
    path(f"{_MODERATE}appeals/<int:number>/", appeals.show, name="moderate-appeal"),
    path(f"{_MODERATE}findings/", findings.index, name="moderate-findings"),
    path(f"{_MODERATE}findings/<uuid:key>/", findings.show, name="moderate-finding"),
    path(f"{_MODERATE}assign/", assignments.assign, name="moderate-assign"),
    path(f"{_MODERATE}notes/", assignments.note, name="moderate-note"),
    path(f"{_MODERATE}conflicts/", assignments.conflicts, name="moderate-conflicts"),
    path(f"{_MODERATE}rules/", assignments.rules, name="moderate-rules"),
    path("c/<slug:slug>/submissions/<uuid:key>/appeal/", appeals.of_submission, name="appeal"),
    path("c/<slug:slug>/appeal/", appeals.of_ban, name="appeal-ban"),
]
