"""The list of competitions, one competition, its rules."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from bounty.models import Competition


def visible_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, where this person may see it; to all others it does not exist."""
    competition = get_object_or_404(Competition.objects.select_related("organiser"), slug=slug)
    if not request.user.has_perm("bounty.view_competition", competition):
        raise Http404("no such competition")
    return competition


def home(request: HttpRequest) -> HttpResponse:
    competitions = Competition.objects.visible_to(request.user)
    return render(request, "competitions/home.html", {"competitions": competitions})


def show(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    return render(request, "competitions/show.html", {"competition": competition})


def rules(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    return render(request, "competitions/rules.html", {"competition": competition})
