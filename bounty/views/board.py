"""The board: ranks, points, and which columns each team's groups name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bounty import analysis, exports, leaderboard, queries
from bounty.charts import sparkline
from bounty.figures import scale_of
from bounty.heat import heat_map
from bounty.models import BoardRow, Competition
from bounty.views.competitions import visible_or_404


def show(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    ranked = leaderboard.ranked_rows(competition)
    board = [row for _, row in ranked]
    mine = queries.own_team_id(request.user, competition)
    final = any(row.final for row in board)
    context = {
        "competition": competition,
        "final": final,
        "scale": scale_of(competition.loss) if competition.loss_json else None,
        "rows": _rows(competition, ranked, mine, queries.running_points(competition, final=final)),
        "heat": _heat(competition, board, mine),
        "analysis": _analysis(request, competition),
    }
    return render(request, "competitions/board.html", context)


def download(request: HttpRequest, slug: str) -> HttpResponse:
    """The board as CSV, for everybody who may see it."""
    competition = visible_or_404(request, slug)
    return exports.as_file(exports.board(competition), f"{competition.slug}-board.csv")


def _analysis(request: HttpRequest, competition: Competition) -> dict[str, Any] | None:
    """Shapley values of the present list, where they were computed and this person may see them."""
    kept = analysis.shown_to(request.user, competition)
    if kept is None:
        return None
    return {
        "final": kept.final,
        "version": kept.head_number,
        **kept.result,
        "rows": analysis.contributions(kept),
    }


def _rows(
    competition: Competition,
    ranked: list[tuple[int | None, BoardRow]],
    mine: int | None,
    running: dict[int, list[float]],
) -> list[dict[str, Any]]:
    rows = []
    for place, row in ranked:
        row.team.competition = competition  # its address needs the slug; no query for it a row
        interval = ""
        if row.points_low is not None and row.points_high is not None:
            interval = f"{row.points_low:.1f} to {row.points_high:.1f}"
        rows.append(
            {
                "rank": place,  # None for who has no points yet
                "name": row.team.name,
                "url": row.team.get_absolute_url(),
                "mine": row.team_id == mine,
                "points": "–" if row.points is None else f"{row.points:.1f}",
                "interval": interval,
                "spark": sparkline(running.get(row.team_id, []), f"points of {row.team.name} over versions"),
                "accepted": row.accepted,
                "findings": row.findings,
                "submissions": row.submissions,
                "team_loss": "–" if row.team_loss is None else scale_of(competition.loss).text(row.team_loss),
            }
        )
    return rows


def _heat(competition: Competition, board: list[BoardRow], mine: int | None) -> dict[str, Any]:
    """Teams in the board's order; those whose groups name no column are left out."""
    if not competition.schema_json:
        return {}
    heat = heat_map(queries.told_submissions(competition), competition.schema)
    return {
        "columns": heat.columns,
        "rows": [
            {"name": row.team.name, "mine": row.team_id == mine, "cells": heat.counts[row.team_id]}
            for row in board
            if row.team_id in heat.counts
        ],
    }
