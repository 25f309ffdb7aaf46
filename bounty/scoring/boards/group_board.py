"""The board of a group: each team's points on these people, as rows of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bounty.core.measures import MeasuredLoss, scale_of
from bounty.models import Competition, Team
from bounty.scoring.boards.group_choice import ChosenGroup, column_groups
from bounty.scoring.boards.group_points import CreditedRows, GroupPoints, load_credited_rows, team_points_on
from bounty.shared_model.practice_noise import board_noise, told_of_board
from bounty.shared_model.summary import measure_loss, practice_sample
from evaluator.adjudication.noise import Noise
from evaluator.schema import Column

# Teams of the side-by-side table; the file has all.
MOST_TEAMS = 50


@dataclass(frozen=True)
class GroupBoardRow:
    """A team's place and points on a group. The interval is normal, from whole units."""

    place: int
    team: Team
    points: float
    within: float
    mine: bool = False

    @property
    def interval(self) -> tuple[float, float]:
        return self.points - self.within, self.points + self.within


@dataclass(frozen=True)
class GroupSummary:
    """The group's loss on practice rows under the base model and under the present one."""

    start: MeasuredLoss
    now: MeasuredLoss
    share: float

    @property
    def change(self) -> str:
        return self.now.scale.describe_change(self.start.loss, self.now.loss)

    @property
    def better(self) -> bool:
        return self.now.loss < self.start.loss


@dataclass(frozen=True)
class ValueTable:
    """Teams by a column's values; `rows` give each team's points on each value, None where it moved nothing."""

    values: list[ChosenGroup]
    rows: list[tuple[Team, bool, list[float | None]]]


def summarize_group(competition: Competition, interest: ChosenGroup) -> GroupSummary | None:
    """Returns the group's losses at the start and now; None before anything was accepted."""
    found = load_credited_rows(competition)
    if found is None:
        return None
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    generation, head = found.version
    exact = int(interest.mask.sum())
    (rows, lost), (_rows, left) = (
        told_of_board(
            competition, interest.key, (generation, number), exact, float(losses[interest.mask].mean())
        )
        for number, losses in ((0, found.base), (head, found.head))
    )
    rows = max(1, rows)
    start, now = (measure_loss(loss, rows, scale, sample) for loss in (lost, left))
    return GroupSummary(start, now, min(1.0, rows / len(interest.mask)))


def group_board_rows(
    competition: Competition, interest: ChosenGroup, mine: int | None
) -> list[GroupBoardRow]:
    """Returns every team that moved a loss of the group, most points first."""
    found = load_credited_rows(competition)
    if found is None:
        return []
    lines = team_points_on(found, interest.mask, _noise_at(competition, interest, found))
    teams = _teams(competition, [line.team_id for line in lines])
    places = _places(lines)
    return [
        GroupBoardRow(place, teams[line.team_id], line.points, line.within, line.team_id == mine)
        for place, line in zip(places, lines, strict=True)
    ]


def _noise_at(competition: Competition, interest: ChosenGroup, found: CreditedRows) -> Callable[[int], Noise]:
    return lambda version: board_noise(competition, interest.key, found.version[0], version)


def _places(lines: Sequence[GroupPoints]) -> list[int]:
    """Returns places as in sports: equal points share one."""
    places: list[int] = []
    for n, line in enumerate(lines):
        same = n > 0 and line.points == lines[n - 1].points
        places.append(places[-1] if same else n + 1)
    return places


def _teams(competition: Competition, keys: Iterable[int]) -> dict[int, Team]:
    teams = Team.objects.in_bulk(list(keys))
    for team in teams.values():
        team.competition = competition
    return teams


def tabulate_values(competition: Competition, column: Column, mine: int | None) -> ValueTable:
    """Returns the table of teams by the column's values; the teams that moved most stand first."""
    values = list(column_groups(competition, column))
    found = load_credited_rows(competition)
    if found is None or not values:
        return ValueTable(values, [])
    cells = _cells(competition, found, values)
    order = sorted(cells, key=lambda team: (-np.abs([c or 0.0 for c in cells[team]]).sum(), team))[
        :MOST_TEAMS
    ]
    teams = _teams(competition, order)
    return ValueTable(values, [(teams[key], key == mine, cells[key]) for key in order])


def _cells(
    competition: Competition, found: CreditedRows, values: Sequence[ChosenGroup]
) -> dict[int, list[float | None]]:
    cells: dict[int, list[float | None]] = {}
    for n, value in enumerate(values):
        for line in team_points_on(found, value.mask, _noise_at(competition, value, found)):
            cells.setdefault(line.team_id, [None] * len(values))[n] = line.points
    return cells


def list_group_rows(
    competition: Competition, groups: Sequence[ChosenGroup]
) -> list[tuple[ChosenGroup, GroupBoardRow]]:
    """Returns each group's board rows, one group after the other, for a file."""
    return [(group, line) for group in groups for line in group_board_rows(competition, group, None)]
