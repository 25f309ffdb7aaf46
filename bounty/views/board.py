"""The board page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bounty.views.competitions import visible_or_404


def show(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    return render(request, "competitions/board.html", {"competition": competition})
