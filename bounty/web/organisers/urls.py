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
    path("organise/", home.organiser_home, name="organise"),
    path("organise/new/", home.start_draft, name="organise-new"),
    path("organise/<uuid:key>/", home.resume_draft, name="organise-draft"),
    path("organise/<uuid:key>/delete/", home.discard_draft, name="organise-discard"),
    path("organise/<uuid:key>/plan/", wizard.preview_plan, name="organise-plan"),
    path("organise/<uuid:key>/make/", create.make_competition, name="organise-make"),
    path("organise/<uuid:key>/making/", create.creation_progress, name="organise-making"),
    path("organise/<uuid:key>/<slug:step>/", wizard.edit_step, name="organise-step"),
    path("c/<slug:slug>/organise/", competition.organise_competition, name="organise-competition"),
    path("c/<slug:slug>/organise/phase/", competition.change_phase, name="organise-phase"),
    path("c/<slug:slug>/organise/close/", competition.close_competition, name="organise-close"),
    path("c/<slug:slug>/organise/rollback/", rollback.confirm_rollback, name="organise-rollback"),
    path("c/<slug:slug>/organise/base/", competition.run_base_again, name="organise-base"),
    path("c/<slug:slug>/organise/again/", competition.reopen_draft, name="organise-reopen"),
    path("c/<slug:slug>/organise/copy/", competition.copy_competition, name="organise-copy"),
    path("c/<slug:slug>/organise/table/", competition.delete_table, name="organise-forget-table"),
    path("c/<slug:slug>/organise/rehearsal/", competition.change_rehearsal, name="organise-rehearsal"),
    path("c/<slug:slug>/organise/texts/", edit.edit_texts, name="organise-texts"),
    path("c/<slug:slug>/organise/words/", edit.edit_column_meanings, name="organise-words"),
    path("c/<slug:slug>/organise/people/", people.edit_people, name="organise-people"),
    path("c/<slug:slug>/organise/participation/", people.show_participation, name="organise-participation"),
    path("c/<slug:slug>/organise/corrections/", corrections.correct_table, name="organise-corrections"),
    path("c/<slug:slug>/organise/budget/", people.show_budget, name="organise-budget"),
    path(
        "c/<slug:slug>/organise/findings-report/",
        findings_report.show_report,
        name="organise-findings-report",
    ),
    path(
        "c/<slug:slug>/organise/findings-report.csv", findings_report.report_csv, name="organise-findings-csv"
    ),
]
