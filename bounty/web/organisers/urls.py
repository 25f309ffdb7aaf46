"""Addresses of the organisers' pages: drafts, and running a competition."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.organisers import (
    competition,
    corrections,
    create,
    edit,
    findings_report,
    home,
    people,
    rollback,
    wizard,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("organise/", home.home, name="organise"),
    path("organise/new/", home.new, name="organise-new"),
    path("organise/<uuid:key>/", home.resume, name="organise-draft"),
    path("organise/<uuid:key>/delete/", home.discard, name="organise-discard"),
    path("organise/<uuid:key>/plan/", wizard.plan, name="organise-plan"),
    path("organise/<uuid:key>/make/", create.make, name="organise-make"),
    path("organise/<uuid:key>/making/", create.progress, name="organise-making"),
    path("organise/<uuid:key>/<slug:step>/", wizard.step, name="organise-step"),
    path("c/<slug:slug>/organise/", competition.show, name="organise-competition"),
    path("c/<slug:slug>/organise/phase/", competition.phase, name="organise-phase"),
    path("c/<slug:slug>/organise/close/", competition.close, name="organise-close"),
    path("c/<slug:slug>/organise/rollback/", rollback.roll_back, name="organise-rollback"),
    path("c/<slug:slug>/organise/base/", competition.run_base_again, name="organise-base"),
    path("c/<slug:slug>/organise/again/", competition.reopen, name="organise-reopen"),
    path("c/<slug:slug>/organise/copy/", competition.copy, name="organise-copy"),
    path("c/<slug:slug>/organise/table/", competition.forget_table, name="organise-forget-table"),
    path("c/<slug:slug>/organise/rehearsal/", competition.rehearse, name="organise-rehearsal"),
    path("c/<slug:slug>/organise/texts/", edit.texts, name="organise-texts"),
    path("c/<slug:slug>/organise/words/", edit.words, name="organise-words"),
    path("c/<slug:slug>/organise/people/", people.people, name="organise-people"),
    path("c/<slug:slug>/organise/participation/", people.participation, name="organise-participation"),
    path("c/<slug:slug>/organise/corrections/", corrections.show, name="organise-corrections"),
    path("c/<slug:slug>/organise/budget/", people.budget, name="organise-budget"),
    path("c/<slug:slug>/organise/findings-report/", findings_report.show, name="organise-findings-report"),
    path(
        "c/<slug:slug>/organise/findings-report.csv", findings_report.as_table, name="organise-findings-csv"
    ),
]
