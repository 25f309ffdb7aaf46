"""Views of the overall board: ranks, points and the columns that each team's groups name, now or on a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from bounty.charts import column_heatmap as columns_picture
from bounty.charts import draw_sparkline
from bounty.core.measures import scale_of
from bounty.models import Competition
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.scoring import csv_files, shapley
from bounty.scoring.boards import overall
from bounty.scoring.boards.columns import column_heatmap
from bounty.shared_model import queries
from bounty.web import fragment_cache


def overall_board(request: HttpRequest, slug: str) -> HttpResponse:
    """The overall board, of now or of `?on=` a day."""
    competition = visible_or_404(request, slug)
    asked = overall.parse_board_query(request.GET)
    mine = membership_of_reader(request, competition).team_id

    def render_part() -> str:
        context = _context(competition, asked, mine) | {"analysis": analysed}
        return render_to_string("leaderboard/_overall.html", context, request)

    analysed = _analysis(request, competition) if asked.on is None else None
    if analysed or not asked.is_common:
        # What anybody may type would fill the cache; what organisers see is theirs.
        body = mark_safe(render_part())  # noqa: S308 - rendered by a template, which escaped it
    else:
        body = fragment_cache.cached_fragment(competition, "board", (asked, mine), render_part)
    return render(request, "leaderboard/overall.html", {"competition": competition, "body": body})


def _context(competition: Competition, asked: overall.BoardQuery, mine: int | None) -> dict[str, Any]:
    shown = overall.board_page(competition, asked, mine)
    now = asked.on is None
    running = queries.running_points(competition, final=shown.final) if now else {}
    return {
        "competition": competition,
        "asked": asked,
        "pages_base": asked.query(groups=True),
        "columns_base": asked.query(groups=False),
        "shown": shown,
        "final": shown.final,
        "scale": scale_of(competition.loss) if competition.loss_json else None,
        "rows": [_row(competition, ranked, mine, running) for ranked in shown.rows],
        "own": _row(competition, shown.own, mine, running) if shown.own else None,
        "heat": heatmap_context(competition, shown.rows, mine, asked.groups) if now else None,
    }


def board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole board as CSV, of now or of `?on=` a day, for everybody who may see it."""
    competition = visible_or_404(request, slug)
    return csv_files.board_file(competition, overall.parse_board_query(request.GET))


def _analysis(request: HttpRequest, competition: Competition) -> dict[str, Any] | None:
    """Shapley values of the present list; None where they were not computed or this person may not see them."""
    kept = shapley.find_visible_analysis(
        request.user, competition, membership_of_reader(request, competition)
    )
    if kept is None:
        return None
    return {
        "final": kept.final,
        "version": kept.head_number,
        "shapley": kept.shapley,
        "rows": shapley.list_contributions(kept),
    }


def _row(
    competition: Competition, ranked: overall.RankedRow, mine: int | None, running: dict[int, list[float]]
) -> dict[str, Any]:
    place, row = ranked
    row.team.competition = competition  # its address needs the slug; no query for it a row
    interval = ""
    if row.points_low is not None and row.points_high is not None:
        interval = _("%(low).1f to %(high).1f") % {"low": row.points_low, "high": row.points_high}
    return {
        "rank": place,  # None for who has no points yet
        "name": row.team.name,
        "url": row.team.get_absolute_url(),
        "mine": row.team_id == mine,
        "points": "–" if row.points is None else f"{row.points:.1f}",
        "interval": interval,
        "spark": draw_sparkline(
            running.get(row.team_id, []), _("points of %(team)s over versions") % {"team": row.team.name}
        ),
        "accepted": row.accepted,
        "findings": row.findings,
        "submissions": row.submissions,
        "team_loss": "–" if row.team_loss is None else scale_of(competition.loss).format(row.team_loss),
    }


def heatmap_context(
    competition: Competition, ranked: Sequence[overall.RankedRow], mine: int | None, groups: str
) -> dict[str, Any] | None:
    """The heat map of the given teams, in the board's order, without those whose groups name no column; None without
    a table or teams.
    """
    if not competition.schema_json or not ranked:
        return None
    everything = groups == overall.EVERYTHING
    counted = column_heatmap(
        competition, everything=everything, teams=[row.team_id for _place, row in ranked]
    )
    rows: list[dict[str, Any]] = [
        {"name": row.team.name, "mine": row.team_id == mine, "cells": counted.cells[row.team_id]}
        for _place, row in ranked
        if row.team_id in counted.cells
    ]
    picture = None
    if rows:
        picture = columns_picture.draw_column_heatmap(
            tuple(columns_picture.HeatmapRow(r["name"], tuple(c.count for c in r["cells"])) for r in rows),
            tuple(column.name for column in counted.columns),
        )
    return {"columns": counted.columns, "rows": rows, "picture": picture, "everything": everything}
