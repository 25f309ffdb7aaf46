"""Looking for groups on public rows, and trying before sending."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

addresses: list[URLPattern | URLResolver] = []
