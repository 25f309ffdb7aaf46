"""What the words mean: one paragraph each, written in the template. Other pages link to its anchors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "competitions/glossary.html")
