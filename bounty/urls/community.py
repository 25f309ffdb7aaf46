"""What people say to each other, and who they are."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

addresses: list[URLPattern | URLResolver] = []
