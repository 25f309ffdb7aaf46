"""Boards and pictures beyond the overall one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

addresses: list[URLPattern | URLResolver] = []
