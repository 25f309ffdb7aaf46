"""Addresses of stories of accepted submissions, and of open harms."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.stories import stories

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/patches/<int:number>/", stories.patch_story, name="patch-story"),
    path("c/<slug:slug>/findings/<int:number>/", stories.finding_story, name="finding-story"),
    path("c/<slug:slug>/harms/", stories.open_harms, name="harms"),
]
