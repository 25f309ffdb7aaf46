"""Heatmap of teams by columns: how often the groups of each team name each column."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, QuerySet

from bounty.charts.column_heatmap import shade_of
from bounty.models import Competition, Submission
from bounty.permissions import visibility
from evaluator.errors import ParticipantError
from evaluator.expressions import parse_expression
from evaluator.schema import Column, Schema

State = Submission.State
# Of everything else only the columns are told, and nothing of what a moderator holds, refused, or a team took back.
HIDDEN_STATES = (State.HELD, State.REFUSED, State.WITHDRAWN)


@dataclass(frozen=True)
class HeatmapCell:
    """How often a team's groups name a column, and the shade that the heatmap gives it."""

    count: int
    level: int


@dataclass(frozen=True)
class ColumnHeatmap:
    """Counts of teams by columns: `cells[team id]` has a cell for each of `columns`; unused columns are left out."""

    columns: tuple[Column, ...]
    cells: dict[int, list[HeatmapCell]]


def column_heatmap(
    competition: Competition, *, everything: bool, teams: Collection[int] | None = None
) -> ColumnHeatmap:
    """Returns counts of accepted patches and confirmed findings, or of all groups sent, from one query.

    A group that only code knows has no columns. `teams` limits whose are counted.
    """
    sent: QuerySet[Submission] = competition.submissions.exclude(expression="").exclude(
        hold=Submission.Hold.HELD
    )
    # What is under an embargo is not told by its columns either.
    sent = (
        visibility.not_embargoed(sent.exclude(state__in=HIDDEN_STATES))
        if everything
        else visibility.publicly_visible(sent)
    )
    if teams is not None:
        sent = sent.filter(team__in=teams)
    rows = sent.order_by().values_list("team_id", "expression").annotate(times=Count("pk"))
    columns_of = _reader(competition.schema)
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for team, expression, times in rows:
        for column in columns_of(expression):
            counted[team][column] += times
    return _heat(counted, competition.schema)


def _heat(counted: dict[int, Counter[str]], schema: Schema) -> ColumnHeatmap:
    used = {name for counts in counted.values() for name in counts}
    columns = tuple(column for column in schema.features if column.name in used)
    top = max((count for counts in counted.values() for count in counts.values()), default=1)
    cells = {
        team: [HeatmapCell(counts[column.name], shade_of(counts[column.name], top)) for column in columns]
        for team, counts in counted.items()
        if counts
    }
    return ColumnHeatmap(columns, cells)


@lru_cache(maxsize=8)
def _reader(schema: Schema) -> Callable[[str], frozenset[str]]:
    """Returns a function that reads the columns of an expression over one schema, each expression once a process."""

    @lru_cache(maxsize=50_000)
    def columns_of(expression: str) -> frozenset[str]:
        try:
            return frozenset(parse_expression(expression, schema).columns)
        except ParticipantError:
            # Refused as a submission, or judged under an earlier grammar: the map goes on without its columns.
            return frozenset()

    return columns_of
