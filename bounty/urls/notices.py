"""What people want to hear of, and how it reaches them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

addresses: list[URLPattern | URLResolver] = []
