"""CSV of the boards and the prizes, safe to open in a spreadsheet: no participant's cell becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.http import HttpResponse

from bounty.models import BoardRow, Competition, Credit, Prize, Submission, Team, TeamMember, Triage
from bounty.scoring import prizes
from bounty.scoring.boards import overall

if TYPE_CHECKING:
    from datetime import datetime

    from bounty.scoring.boards.columns import ColumnHeatmap
    from bounty.scoring.boards.findings import FindingRow
    from bounty.scoring.boards.group_board import GroupBoardRow
    from bounty.scoring.boards.group_choice import ChosenGroup

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
GROUP_BOARD = ("group", "expression", "rank", "team", "points", "points_low", "points_high")
FINDINGS = (
    "submission",
    "team",
    "state",
    "judged_at",
    "confirmed_at",
    "group",
    "share_of_rows",
    "earns_points",
    "gap_when_judged",
    "loss_here_now",
    "loss_elsewhere_now",
    "open",
    "severity",
    "owner_answer",
    "fixed_in_version",
    "owner_words",
)
TEAM_POINTS = ("version", "accepted_at", "because_of", "points", "points_are", "total")
PRIZES = ("rank", "team", "members", "final_points", "prize", "currency")


def escape_cell(value: object) -> str:
    """Returns a cell's text: numbers as they are, and an apostrophe before text that would be a formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    if isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA):
        return f"'{text}"
    return text


def board_csv(competition: Competition, at: datetime | None = None) -> str:
    """Returns the board as everybody who may see it sees it, now or at a moment, with unrounded points."""
    return _csv(BOARD, (_board_row(rank, row) for rank, row in overall.board_rows(competition, at)))


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


def group_board_csv(lines: Iterable[tuple[ChosenGroup, GroupBoardRow]]) -> str:
    """Returns the teams' points on each of some groups, on practice rows."""
    return _csv(
        GROUP_BOARD,
        (
            (group.words, group.expression, line.place, line.team.name, line.points, *line.interval)
            for group, line in lines
        ),
    )


def findings_csv(found: Iterable[FindingRow]) -> str:
    """Returns confirmed findings: losses of the present model there, on practice rows, and the owner's answer."""
    return _csv(FINDINGS, (_finding_row(each) for each in found))


def _finding_row(found: FindingRow) -> Sequence[object]:
    finding, harm = found.finding, found.harm
    decided = finding.decided_at
    # By the rule of 2026-11 the verdict confirms.
    by_verdict = decided if finding.state == Submission.State.CONFIRMED else None
    confirmed = finding.confirmed_at or by_verdict
    return (
        finding.number,
        finding.team.name,
        finding.state,
        decided.isoformat() if decided else None,
        confirmed.isoformat() if confirmed else None,
        finding.words or finding.description,
        harm and harm.share,
        "yes" if found.counts else "no",
        found.gap_then,
        harm and harm.inside.loss,
        harm and harm.outside.loss,
        None if harm is None else "yes" if harm.is_open else "no",
        *_triage(finding),
    )


def _triage(finding: Submission) -> Sequence[object]:
    """Returns severity and the owner's answer; empty cells where nobody has answered yet."""
    triage = getattr(finding, "triage", None)
    if triage is None:
        return (None, None, None, None)
    answered = triage.answer != Triage.Answer.NONE
    return (
        triage.severity,
        triage.answer if answered else None,
        triage.fixed_in if answered else None,
        triage.answer_text if answered else None,
    )


def column_heatmap_csv(teams: Iterable[Team], heat: ColumnHeatmap) -> str:
    """Returns how often each team's groups name each column, in the order of the teams."""
    empty = [0] * len(heat.columns)
    return _csv(
        ("team", *(column.name for column in heat.columns)),
        (
            (team.name, *([cell.count for cell in heat.cells[team.pk]] if team.pk in heat.cells else empty))
            for team in teams
        ),
    )


def team_points_csv(credits: Iterable[Credit]) -> str:
    """Returns a team's points, version by version, oldest first."""
    rows, total = [], 0.0
    for credit in credits:
        total += credit.points
        source = credit.version.submission
        rows.append(
            (
                credit.version.number,
                credit.version.created_at.isoformat(),
                f"#{source.number} of {source.team.name}" if source else "",
                credit.points,
                "final" if credit.final else "provisional",
                total,
            )
        )
    return _csv(TEAM_POINTS, rows)


def awards_csv(competition: Competition) -> str:
    """Returns each team's prize, for the organiser. Raises Refusal."""
    given = prizes.compute_awards(competition)
    currency = Prize.objects.get(competition=competition).currency
    return _csv(
        PRIZES,
        (
            (
                award.rank,
                award.team.name,
                ", ".join(user.username for user in TeamMember.objects.users_of(award.team)),
                award.points,
                award.amount,
                currency,
            )
            for award in given
        ),
    )


def table_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns the table of another package as CSV, with its cells escaped."""
    return _csv(head, rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([escape_cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_response(text: str, name: str) -> HttpResponse:
    """Returns a CSV to save, in UTF-8. `name` is ours: a slug and a word."""
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
