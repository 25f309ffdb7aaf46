"""The view of all charts of a competition on one page, each with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from bounty.charts import ranks
from bounty.models import Competition
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.scoring.boards import over_time, overall
from bounty.scoring.boards.overall import EVERYTHING
from bounty.shared_model import queries
from bounty.shared_model.summary import accepted_standings, declared_standings, summarize_versions
from bounty.web import fragment_cache
from bounty.web.leaderboard.overall import heatmap_context
from bounty.web.shared_model.model import loss_chart, pointers_of, version_rows

# Groups of accepted patches whose bars are drawn; the model's page has all of them as a table.
MOST_GROUPS = 12
STEPS_TOLD = 12


def show_charts(request: HttpRequest, slug: str) -> HttpResponse:
    """All charts of a competition."""
    competition = visible_or_404(request, slug)
    mine = membership_of_reader(request, competition).team_id
    groups = EVERYTHING if request.GET.get("groups") == EVERYTHING else ""

    def render_part() -> str:
        return render_to_string("charts/_all.html", _context(competition, mine, groups), request)

    body = fragment_cache.cached_fragment(competition, "pictures", (mine, groups), render_part)
    return render(request, "charts/show.html", {"competition": competition, "body": body})


def _context(competition: Competition, mine: int | None, groups: str) -> dict[str, Any]:
    versions = queries.present_versions(competition)
    standing = summarize_versions(competition, versions)
    shown = overall.board_page(competition, overall.BoardQuery(), mine)
    context: dict[str, Any] = {
        "competition": competition,
        "standing": standing,
        "heat": heatmap_context(competition, shown.rows, mine, groups),
    }
    if standing is None or len(versions) < 2:
        return context
    rows = version_rows(competition, versions, standing)
    accepted = queries.accepted_submissions(versions)
    return context | {
        "version_rows": rows,
        "loss": loss_chart(rows, standing),
        "groups": declared_standings(competition, competition.declared_groups.all(), versions),
        "accepted_groups": _most_changed(accepted_standings(competition, accepted, versions)),
        "pointers": pointers_of(versions),
        "ranks": _ranks(competition, shown.rows, mine, final=shown.final),
    }


def _most_changed(groups: list[Any]) -> list[Any]:
    changed = sorted(groups, key=lambda g: -abs(g.now.loss - g.start.loss) if g.start else 0.0)
    return sorted(changed[:MOST_GROUPS], key=lambda group: -group.now.loss)


def _ranks(
    competition: Competition,
    ranked: Sequence[overall.RankedRow],
    mine: int | None,
    *,
    final: bool,
) -> dict[str, Any] | None:
    """The best teams' places over versions as a chart, and as a table at a few of them; None below two versions."""
    places = over_time.places_by_version(queries.running_points(competition, final=final))
    lines = tuple(
        ranks.RankLine(row.team.name, places[row.team_id], row.team_id == mine)
        for _place, row in ranked
        if row.team_id in places
    )
    numbers = tuple(range(len(next(iter(places.values()), ()))))
    if not lines or len(numbers) < 2:
        return None
    step = max(1, -(-(len(numbers) - 1) // STEPS_TOLD))
    told = [n for n in numbers if n and (n % step == 0 or n == numbers[-1])]
    best = ranks.select_lines(lines, ranks.MOST_TEAMS)
    return {
        "picture": ranks.draw_ranks(lines, numbers),
        "versions": told,
        "rows": [(line.name, line.mine, [line.places[n] for n in told]) for line in best],
    }
