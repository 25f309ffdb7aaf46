"""API of the boards of a group of people, or of a column's values side by side."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bounty.api import files
from bounty.api.operations import INSIDE, read_options
from bounty.api.problems import Problem
from bounty.api.schemas.common import LossOut, loss_out
from bounty.core.errors import Refusal
from bounty.models import Competition, Team
from bounty.permissions.lookup import visible_or_404
from bounty.scoring import csv_files
from bounty.scoring.boards import group_board, group_choice, overall
from bounty.scoring.boards.columns import column_heatmap
from evaluator.schema import Column

router = Router(tags=["Board"])


class ChoiceOut(Schema):
    key: str = Field(description="Ask for the board of this group with it.")
    words: str


class ChoicesOut(Schema):
    title: str
    groups: list[ChoiceOut]


class GroupsOut(Schema):
    items: list[ChoicesOut]


class HelperOut(Schema):
    place: int
    team: str
    team_slug: str
    points: float
    low: float = Field(description="Of the 95% interval.")
    high: float


class HelpedOut(Schema):
    key: str
    words: str
    expression: str
    share: float | None = Field(description="Of the practice rows; null before anything was accepted.")
    start: LossOut | None = Field(description="The base model's loss in the group, on practice rows.")
    now: LossOut | None
    teams: list[HelperOut] = Field(description="Most points first.")


class CellOut(Schema):
    team: str
    team_slug: str
    points: list[float | None] = Field(description="One for each of `groups`; null where it moved nothing.")


class BoardForOut(Schema):
    """Either one group's board, or the values of a column side by side (the teams that moved most)."""

    group: HelpedOut | None
    groups: list[ChoiceOut] = Field(description="The values; empty for one group.")
    teams: list[CellOut]


class TeamColumnsOut(Schema):
    team: str
    team_slug: str
    counts: list[int] = Field(description="Groups that name each of `columns`.")


class ColumnsOut(Schema):
    columns: list[str]
    teams: list[TeamColumnsOut]


@router.get(
    f"{INSIDE}/board/groups", operation_id="listGroups", **read_options(GroupsOut, 404, visitors=True)
)
def list_groups(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The groups and columns that there is a board for."""
    competition = visible_or_404(request, slug)
    lists = group_choice.list_options(competition) if competition.schema_json else []
    items = [
        {"title": str(title), "groups": [{"key": one.key, "words": str(one.words)} for one in entries]}
        for title, entries in lists
    ]
    return {"items": items}


@router.get(
    f"{INSIDE}/board/for",
    operation_id="getBoardFor",
    **read_options(BoardForOut, 404, 409, 422, visitors=True),
)
def get_board_for(
    request: HttpRequest, slug: str, group: str, also: str = "", join: Literal["and", "not"] = "and"
) -> BoardForOut:
    """Who helped a group of people (`group`, and those of `also`, or without them), or each value of a column."""
    competition = visible_or_404(request, slug)
    if not competition.schema_json:
        raise Problem("conflict", _("There is no table yet."))
    try:
        chosen = group_choice.choose_group(competition, group, also, but_not=join == "not")
    except Refusal as why:
        name = "also" if also else "group"
        raise Problem("invalid", str(why), ({"parameter": name, "detail": str(why)},)) from None
    if isinstance(chosen, Column):
        table = group_board.tabulate_values(competition, chosen, None)
        return BoardForOut(
            group=None,
            groups=[ChoiceOut(key=value.key, words=value.words) for value in table.values],
            teams=[
                CellOut(team=team.name, team_slug=team.slug, points=cells)
                for team, _is_mine, cells in table.rows
            ],
        )
    return BoardForOut(group=_helped(competition, chosen), groups=[], teams=[])


def _helped(competition: Competition, chosen: group_choice.ChosenGroup) -> HelpedOut:
    standing = group_board.summarize_group(competition, chosen)
    return HelpedOut(
        key=chosen.key,
        words=chosen.words,
        expression=chosen.expression,
        share=standing.share if standing else None,
        start=loss_out(standing.start) if standing else None,
        now=loss_out(standing.now) if standing else None,
        teams=[
            HelperOut(
                place=line.place,
                team=line.team.name,
                team_slug=line.team.slug,
                points=line.points,
                low=line.interval[0],
                high=line.interval[1],
            )
            for line in group_board.group_board_rows(competition, chosen, None)
        ],
    )


@router.get(
    f"{INSIDE}/board/columns",
    operation_id="getBoardColumns",
    **read_options(ColumnsOut, 404, 409, 422, visitors=True),
)
def get_board_columns(
    request: HttpRequest, slug: str, groups: Literal["accepted", "all"] = "accepted"
) -> ColumnsOut:
    """Which teams' groups name which columns: of accepted and confirmed ones, or of all that were sent."""
    competition = visible_or_404(request, slug)
    if not competition.schema_json:
        raise Problem("conflict", _("There is no table yet."))
    heat = column_heatmap(competition, everything=groups == "all")
    teams = [row.team for _place, row in overall.board_rows(competition, None) if row.team_id in heat.cells]
    return ColumnsOut(
        columns=[column.name for column in heat.columns],
        teams=[
            TeamColumnsOut(
                team=team.name, team_slug=team.slug, counts=[cell.count for cell in heat.cells[team.pk]]
            )
            for team in teams
        ],
    )


@router.get(
    f"{INSIDE}/board/findings.csv",
    operation_id="getFindingsCsv",
    **read_options(None, 404, visitors=True, **files.describe_file_answer("text/csv")),
)
def get_findings_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """All confirmed findings that everybody may read of, as CSV."""
    return csv_files.findings_file(visible_or_404(request, slug))


@router.get(
    f"{INSIDE}/teams/{{slug:team_slug}}/points.csv",
    operation_id="getTeamPointsCsv",
    **read_options(None, 404, visitors=True, **files.describe_file_answer("text/csv")),
)
def get_team_points_csv(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """One team's points by version, as CSV."""
    competition = visible_or_404(request, slug)
    return csv_files.team_points_file(get_object_or_404(Team, competition=competition, slug=team_slug))
