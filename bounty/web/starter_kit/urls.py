"""Address of the starter kit."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.starter_kit import starter_kit

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/starter-kit.zip", starter_kit.download_starter_kit, name="starter-kit"),
]
