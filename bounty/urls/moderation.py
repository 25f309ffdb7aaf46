"""The moderator's panel."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

addresses: list[URLPattern | URLResolver] = []
