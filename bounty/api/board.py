"""The board, and confirmed findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from bounty import leaderboard, queries
from bounty.api import files, pagination
from bounty.api.operations import INSIDE, reads
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import Part
from bounty.models import BoardRow
from bounty.views import board as pages
from bounty.views.competitions import visible_or_404

router = Router(tags=["Board"])

Ranked = tuple[int | None, BoardRow]


class BoardRowOut(Schema):
    rank: int | None
    team: str
    team_slug: str
    points: float | None
    points_low: float | None
    points_high: float | None
    final: bool
    accepted: int
    findings: int
    submissions: int
    team_loss: float | None
    reached_at: datetime | None


class FindingOut(Schema):
    id: UUID
    number: int
    team: str
    words: str
    expression: str
    description: str
    decided_at: datetime | None


@router.get(f"{INSIDE}/board", operation_id="getBoard", **reads(Part[BoardRowOut], 404, 422, visitors=True))
def get_board(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """The board, best first, with unrounded points and their intervals."""
    competition = visible_or_404(request, slug)
    ranked = leaderboard.ranked_rows(competition)
    part, after = pagination.ordered(ranked, page, f"board:{competition.pk}", _place)
    return {"items": [_row(rank, row) for rank, row in part], "next": after}


def _place(ranked: Ranked) -> tuple[Any, ...]:
    """As the board is ordered, and then by the team, so that no two are alike."""
    row = ranked[1]
    reached = row.reached_at.timestamp() if row.reached_at else float(2**40)
    return (row.points is None, -(row.points or 0.0), reached, row.team.name.casefold(), row.team_id)


def _row(rank: int | None, row: BoardRow) -> BoardRowOut:
    return BoardRowOut(
        rank=rank,
        team=row.team.name,
        team_slug=row.team.slug,
        points=row.points,
        points_low=row.points_low,
        points_high=row.points_high,
        final=row.final,
        accepted=row.accepted,
        findings=row.findings,
        submissions=row.submissions,
        team_loss=row.team_loss,
        reached_at=row.reached_at,
    )


@router.get(
    f"{INSIDE}/board.csv",
    operation_id="getBoardCsv",
    **reads(None, 404, visitors=True, **files.described("text/csv")),
)
def get_board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole board as CSV."""
    return pages.download(request, slug)


@router.get(
    f"{INSIDE}/findings", operation_id="listFindings", **reads(Part[FindingOut], 404, 422, visitors=True)
)
def list_findings(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Confirmed findings that everybody may read of, the newest first."""
    competition = visible_or_404(request, slug)
    found = queries.confirmed_findings(competition)
    part, after = pagination.rows(found, page, f"findings:{competition.pk}", "decided_at", "number")
    items = [
        {
            "id": finding.pk,
            "number": finding.number,
            "team": finding.team.slug,
            "words": finding.words,
            "expression": finding.expression,
            "description": finding.description,
            "decided_at": finding.decided_at,
        }
        for finding in part
    ]
    return {"items": items, "next": after}
