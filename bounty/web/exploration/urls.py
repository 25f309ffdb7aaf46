"""Addresses of the exploration of groups on public rows."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.exploration import explore

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/explore/", explore.explore_groups, name="explore"),
    path("c/<slug:slug>/explore/suggestions/", explore.list_suggestions, name="explore-suggestions"),
]
