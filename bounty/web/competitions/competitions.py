"""Views of the list of competitions, of one competition, and of its rules."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from bounty.core.measures import scale_of
from bounty.discussion import read
from bounty.ledger import allowance, overview
from bounty.models import Competition, Role
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.permissions.rules import competition_roles
from bounty.shared_model import queries
from bounty.shared_model.summary import ModelSummary, declared_standings, summarize_losses
from bounty.stories.timeline import latest_events
from bounty.web import fragment_cache

EVENTS_SHOWN = 6
# Between the two halves of the first page.
SPLIT = "<!--/-->"
TASKS = {
    "binary": gettext_lazy("one of two classes"),
    "multiclass": gettext_lazy("one of several classes"),
    "regression": gettext_lazy("a number"),
}


def competition_index(request: HttpRequest) -> HttpResponse:
    """The site's first page: competitions that run, and closed ones."""
    rows: list[dict[str, Any]] = [
        {"competition": listed.competition, "teams": listed.teams, "standing": _standing_of(listed)}
        for listed in queries.list_competitions(request.user)
    ]
    running = [row for row in rows if not row["competition"].is_closed]
    closed = [row for row in rows if row["competition"].is_closed]
    return render(request, "competitions/home.html", {"running": running, "closed": closed})


def _standing_of(listed: queries.CompetitionRow) -> ModelSummary | None:
    if listed.base_loss is None or listed.head_loss is None:
        return None
    return summarize_losses(listed.competition, listed.base_loss, listed.head_loss, listed.accepted)


def competition_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A competition's first page: its task, its standing and what happened last."""
    competition = visible_or_404(request, slug)
    told = read.newest_announcements(competition)
    membership = membership_of_reader(request, competition)
    has_team = membership.team_id is not None
    organises = Role.Kind.ORGANISER in competition_roles(request.user, competition, membership)
    explains = bool(competition.preparation_error) and organises

    def render_part() -> str:
        context = _overview(competition) | {
            "announcements": told,
            "has_team": has_team,
            "may_see_preparation": explains,
            "split": SPLIT,
        }
        return render_to_string("competitions/_overview.html", context)

    varies = (_row(competition), [(t.pk, t.title) for t in told], has_team, explains)
    # The form to follow is the reader's own, and stands in the middle of what all readers share.
    before, _split, after = fragment_cache.cached_fragment(
        competition, "overview", varies, render_part
    ).partition(SPLIT)
    context = {"competition": competition, "before": mark_safe(before), "after": mark_safe(after)}  # noqa: S308 - kept whole
    return render(request, "competitions/show.html", context)


def _row(competition: Competition) -> tuple[object, ...]:
    """Fields that its organiser may change at any time and its first page shows."""
    return (
        competition.title,
        competition.summary,
        competition.description,
        competition.opens_at,
        competition.closes_at,
        competition.submissions_per_day,
        competition.preparation_error,
    )


def _overview(competition: Competition) -> dict[str, Any]:
    base, newest = queries.newest_versions(competition, EVENTS_SHOWN + 1)
    context: dict[str, Any] = {
        "competition": competition,
        "teams": competition.teams.count(),
        "task": _task(competition) if competition.layout_json else None,
    }
    if base is None:
        return context
    head, declared = newest[-1], competition.declared_groups.all()
    findings = queries.shown_findings(competition)[:EVENTS_SHOWN]
    return context | {
        "gain": overview.gain_standing(competition),
        "standing": summarize_losses(competition, base.practice_loss, head.practice_loss, head.number),
        "groups": declared_standings(competition, declared, (base, head)),
        "improved": head if head.number else None,
        "events": latest_events(competition, newest, findings, EVENTS_SHOWN),
    }


def _task(competition: Competition) -> dict[str, Any]:
    """A few facts of the task: what is predicted, from what, and how it is judged."""
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


def competition_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """A competition's rules: texts, splits, certification blocks, declared groups."""
    competition = visible_or_404(request, slug)
    blocks = list(competition.blocks.all())
    context = {
        "competition": competition,
        "splits": overview.list_splits(competition),
        "blocks": overview.list_blocks(competition, blocks),
        "certifies": overview.certifiable_gains(competition, blocks),
        "published": overview.list_published_bounds(competition, blocks),
        "scale": scale_of(competition.loss) if competition.loss_json else None,
        "declared": list(competition.declared_groups.all()),
        "gain": overview.gain_standing(competition),
        "refused_allowed": allowance.refused_allowed(competition),
    }
    return render(request, "competitions/rules.html", context)
