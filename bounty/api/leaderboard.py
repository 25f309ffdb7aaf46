"""API of the overall board, and of confirmed findings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field, field_validator

from bounty.api import files, pagination
from bounty.api.operations import INSIDE, read_options
from bounty.api.pagination import Page, PageQuery
from bounty.api.schemas.common import LossOut, Part, loss_out
from bounty.api.schemas.findings import FindingFieldsOut, finding_fields
from bounty.models import BoardRow
from bounty.moderation import triage
from bounty.permissions.lookup import visible_or_404
from bounty.scoring import csv_files
from bounty.scoring.boards import as_of, findings, overall
from bounty.shared_model import queries

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


class FindingOut(FindingFieldsOut):
    gap: float = Field(description="The group's loss over everybody else's, when it was judged.")
    inside: LossOut | None = Field(description="The present model's loss in the group, on practice rows.")
    outside: LossOut | None
    still_open: bool | None = Field(
        description="Whether the present model is still worse there; null: not known."
    )
    severity: str = Field(description="low, medium, high, critical; empty where nobody has said")
    answer: str = Field(description="The owner's: none, acknowledged, will_fix, fixed, wont_fix")
    answer_text: str
    fixed_in: int | None = Field(description="The version that fixed it.")


class BoardQuery(Page):
    """`?on=` asks for the board of a day that is over; its rows have no intervals."""

    on: date | None = Field(None, description="The board at the end of that day; now where it is left out.")

    @field_validator("on")
    @classmethod
    def _possible(cls, value: date | None) -> date | None:
        if value is not None and not 2000 <= value.year < 2200:
            raise ValueError(_("There is no board of that day."))
        return value


@router.get(
    f"{INSIDE}/board", operation_id="getBoard", **read_options(Part[BoardRowOut], 404, 422, visitors=True)
)
def get_board(request: HttpRequest, slug: str, page: Annotated[BoardQuery, Query()]) -> dict[str, Any]:
    """The board, best first, with unrounded points and their intervals; now or at the end of a day."""
    competition = visible_or_404(request, slug)
    ranked = overall.board_rows(competition, as_of.end_of_day(page.on) if page.on else None)
    part, after = pagination.paginate_items(ranked, page, f"board:{competition.pk}:{page.on or ''}", _place)
    return {"items": [_board_row_out(rank, row) for rank, row in part], "next": after}


def _place(ranked: Ranked) -> tuple[Any, ...]:
    """The sort key of the board's order, and then by the team, so that no two are alike."""
    row = ranked[1]
    reached = row.reached_at.timestamp() if row.reached_at else float(2**40)
    return (row.points is None, -(row.points or 0.0), reached, row.team.name.casefold(), row.team_id)


def _board_row_out(rank: int | None, row: BoardRow) -> BoardRowOut:
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
    **read_options(None, 404, visitors=True, **files.describe_file_answer("text/csv")),
)
def get_board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole board as CSV."""
    return csv_files.board_file(visible_or_404(request, slug), overall.parse_board_query(request.GET))


@router.get(
    f"{INSIDE}/findings",
    operation_id="listFindings",
    **read_options(Part[FindingOut], 404, 422, visitors=True),
)
def list_findings(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Confirmed findings that everybody may read of, the newest first."""
    competition = visible_or_404(request, slug)
    found = findings.list_shown(competition)
    part, after = pagination.paginate_rows(found, page, f"findings:{competition.pk}", "decided_at", "number")
    head, found_rows = queries.head_version(competition), []
    for start in range(0, len(part), findings.PER_PAGE):
        found_rows += findings.describe_findings(competition, head, part[start : start + findings.PER_PAGE])
    return {"items": [_finding_out(found) for found in found_rows], "next": after}


def _finding_out(found: findings.FindingRow) -> FindingOut:
    finding, harm = found.finding, found.harm
    triaged = triage.triage_of(finding)
    return FindingOut(
        **finding_fields(finding),
        gap=found.gap_then,
        inside=loss_out(harm.inside) if harm else None,
        outside=loss_out(harm.outside) if harm else None,
        still_open=harm.is_open if harm else None,
        severity=triaged.severity,
        answer=triaged.answer,
        answer_text=triaged.answer_text,
        fixed_in=triaged.fixed_in,
    )
