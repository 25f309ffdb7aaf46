"""The board and the prizes as CSV, safe to open in a spreadsheet: no cell of a participant's becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from bounty import leaderboard, prizes
from bounty.models import BoardRow, Competition, Prize

# What spreadsheets take for the start of a formula, or skip to find one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

BOARD = (
    "rank",
    "team",
    "points",
    "points_low",
    "points_high",
    "points_are",
    "accepted",
    "findings",
    "submissions",
    "own_model_practice_loss",
    "points_reached_at",
)
PRIZES = ("rank", "team", "members", "final_points", "prize", "currency")


def cell(value: object) -> str:
    """A cell's text. Numbers are written as they are; text that would be a formula gets a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    if isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA):
        return f"'{text}"
    return text


def board(competition: Competition) -> str:
    """The board as everybody who may see the competition sees it, with unrounded points."""
    return _csv(BOARD, (_board_row(rank, row) for rank, row in leaderboard.ranked_rows(competition)))


def _board_row(rank: int | None, row: BoardRow) -> Sequence[object]:
    return (
        rank,
        row.team.name,
        row.points,
        row.points_low,
        row.points_high,
        "final" if row.final else "provisional",
        row.accepted,
        row.findings,
        row.submissions,
        row.team_loss,
        row.reached_at.isoformat() if row.reached_at else None,
    )


def awards(competition: Competition) -> str:
    """Who is given what, for the organiser. Raises prizes.NoPrizes."""
    given = prizes.awards(competition)
    currency = Prize.objects.get(competition=competition).currency
    return _csv(
        PRIZES,
        (
            (
                award.rank,
                award.team.name,
                ", ".join(member.user.username for member in award.team.members.select_related("user")),
                award.points,
                award.amount,
                currency,
            )
            for award in given
        ),
    )


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def as_file(text: str, name: str) -> HttpResponse:
    """A CSV to save, in UTF-8. `name` is ours: a slug and a word."""
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
