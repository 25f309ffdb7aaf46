"""Addresses of the moderators' panel and of teams' appeals."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.moderation import appeals, assignments, findings, queue, submission

_MODERATE = "c/<slug:slug>/moderate/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_MODERATE, queue.moderation_queue, name="moderate"),
    path(f"{_MODERATE}submissions/<uuid:key>/", submission.submission_detail, name="moderate-submission"),
    path(f"{_MODERATE}appeals/<int:number>/", appeals.appeal_detail, name="moderate-appeal"),
    path(f"{_MODERATE}findings/", findings.index, name="moderate-findings"),
    path(f"{_MODERATE}findings/<uuid:key>/", findings.finding_detail, name="moderate-finding"),
    path(f"{_MODERATE}assign/", assignments.assign_item, name="moderate-assign"),
    path(f"{_MODERATE}notes/", assignments.add_note, name="moderate-note"),
    path(f"{_MODERATE}conflicts/", assignments.edit_conflicts, name="moderate-conflicts"),
    path(f"{_MODERATE}rules/", assignments.edit_panel_rules, name="moderate-rules"),
    path("c/<slug:slug>/submissions/<uuid:key>/appeal/", appeals.submission_appeal, name="appeal"),
    path("c/<slug:slug>/appeal/", appeals.ban_appeal, name="appeal-ban"),
]
