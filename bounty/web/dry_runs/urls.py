"""Addresses of dry runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.dry_runs import dry_runs

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/dry-run/", dry_runs.start_dry_run, name="dry-run"),
    path("c/<slug:slug>/dry-run/<uuid:key>/", dry_runs.dry_run_detail, name="dry-run-result"),
    path("c/<slug:slug>/dry-run/<uuid:key>/state/", dry_runs.poll_dry_run, name="dry-run-state"),
    path("c/<slug:slug>/dry-run/<uuid:key>/submit/", dry_runs.submit_dry_run, name="dry-run-submit"),
    path(
        "c/<slug:slug>/submissions/<uuid:key>/dry-run/",
        dry_runs.reproduce_submission,
        name="submission-dry-run",
    ),
]
