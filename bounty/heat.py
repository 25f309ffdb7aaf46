"""Teams by columns: whose accepted patches and confirmed findings name which columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bounty.models import Submission
from evaluator.errors import ParticipantError
from evaluator.expressions import parse
from evaluator.schema import Column, Schema

# Shades of a cell; level 0 is an empty one.
LEVELS = 4


@dataclass(frozen=True)
class Cell:
    count: int
    level: int


@dataclass(frozen=True)
class Heat:
    """`counts[team id]` holds a cell for each of `columns`, in the schema's order; unused columns are left out."""

    columns: tuple[Column, ...]
    counts: dict[int, list[Cell]]


def heat_map(submissions: Iterable[Submission], schema: Schema) -> Heat:
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for submission in submissions:
        counted[submission.team_id].update(_columns(submission.expression, schema))
    used = {name for counts in counted.values() for name in counts}
    columns = tuple(column for column in schema.features if column.name in used)
    top = max((count for counts in counted.values() for count in counts.values()), default=1)
    cells = {
        team: [_cell(counts[column.name], top) for column in columns] for team, counts in counted.items()
    }
    return Heat(columns, cells)


def _cell(count: int, top: int) -> Cell:
    return Cell(count, -(-count * LEVELS // top))


def _columns(expression: str, schema: Schema) -> set[str]:
    """The columns that a group names; none where only its code knows."""
    if not expression:
        return set()
    try:
        return set(parse(expression, schema).columns)
    except ParticipantError:
        # Judged under an earlier grammar: the board goes on without its columns.
        return set()
