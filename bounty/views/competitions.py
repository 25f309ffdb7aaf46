"""The list of competitions, one competition, its rules."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from bounty import holdout, queries, ties
from bounty.figures import scale_of
from bounty.models import Competition
from bounty.standing import Standing, declared_standings, of_versions, standing
from bounty.story import latest_events

EVENTS_SHOWN = 6
TASKS = {"binary": "one of two classes", "multiclass": "one of several classes", "regression": "a number"}


def visible_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, where this person may see it; to all others it does not exist."""
    competition = get_object_or_404(Competition.objects.select_related("organiser"), slug=slug)
    if request.method in ("GET", "HEAD"):  # what writes asks anew
        ties.bind(request.user, competition)
    if not request.user.has_perm("bounty.view_competition", competition):
        raise Http404("no such competition")
    return competition


def home(request: HttpRequest) -> HttpResponse:
    rows: list[dict[str, Any]] = [
        {"competition": listed.competition, "teams": listed.teams, "standing": _standing_of(listed)}
        for listed in queries.competitions_for(request.user)
    ]
    running = [row for row in rows if not row["competition"].is_closed]
    closed = [row for row in rows if row["competition"].is_closed]
    return render(request, "competitions/home.html", {"running": running, "closed": closed})


def _standing_of(listed: queries.Listed) -> Standing | None:
    if listed.base_loss is None or listed.head_loss is None:
        return None
    return standing(listed.competition, listed.base_loss, listed.head_loss, listed.accepted)


def show(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    versions = queries.present_versions(competition)
    findings = queries.confirmed_findings(competition)[:EVENTS_SHOWN]
    context = {
        "competition": competition,
        "standing": of_versions(competition, versions),
        "groups": declared_standings(competition, competition.declared_groups.all(), versions),
        "improved": versions[-1] if len(versions) > 1 else None,
        "events": latest_events(competition, versions, findings, EVENTS_SHOWN),
        "team_id": queries.own_team_id(request.user, competition),
        "teams": competition.teams.count(),
        "task": _task(competition) if competition.layout_json else None,
        "may_see_preparation": competition.preparation_error
        and request.user.has_perm("bounty.organise", competition),
    }
    return render(request, "competitions/show.html", context)


def _task(competition: Competition) -> dict[str, Any]:
    """What is predicted, from what, and how it is judged, in a few facts."""
    schema, layout = competition.schema, competition.layout
    return {
        "label": schema.label.meaning or schema.label.name,
        "kind": TASKS[schema.label.task],
        "columns": len(schema.features),
        "scale": scale_of(competition.loss),
        "public": layout.public,
        "secret": layout.rows - layout.public,
        "unit": schema.unit,
    }


def rules(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    blocks = list(competition.blocks.all())
    context = {
        "competition": competition,
        "splits": holdout.splits(competition),
        "blocks": holdout.block_states(competition, blocks),
        "certifies": holdout.certifies(competition, blocks),
        "published": holdout.published(competition, blocks),
        "scale": scale_of(competition.loss) if competition.loss_json else None,
        "declared": list(competition.declared_groups.all()),
    }
    return render(request, "competitions/rules.html", context)
