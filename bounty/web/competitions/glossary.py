"""The view of the glossary: one paragraph a word, written in the template. Other pages link to its anchors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def glossary_page(request: HttpRequest) -> HttpResponse:
    """The glossary."""
    return render(request, "competitions/glossary.html")
