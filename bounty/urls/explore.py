"""Looking for groups on public rows, and trying before sending."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.dry_runs import dry_runs
from bounty.web.exploration import explore
from bounty.web.starter_kit import starter_kit

addresses: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/explore/", explore.show, name="explore"),
    path("c/<slug:slug>/explore/suggestions/", explore.find, name="explore-suggestions"),
    path("c/<slug:slug>/starter-kit.zip", starter_kit.download, name="starter-kit"),
    path("c/<slug:slug>/dry-run/", dry_runs.start, name="dry-run"),
    path("c/<slug:slug>/dry-run/<uuid:key>/", dry_runs.show, name="dry-run-result"),
    path("c/<slug:slug>/dry-run/<uuid:key>/state/", dry_runs.state, name="dry-run-state"),
    path("c/<slug:slug>/dry-run/<uuid:key>/submit/", dry_runs.send, name="dry-run-submit"),
    path("c/<slug:slug>/submissions/<uuid:key>/dry-run/", dry_runs.reproduce, name="submission-dry-run"),
]
