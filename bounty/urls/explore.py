"""Looking for groups on public rows, and trying before sending."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.views import explore

addresses: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/explore/", explore.show, name="explore"),
    path("c/<slug:slug>/explore/suggestions/", explore.find, name="explore-suggestions"),
]
