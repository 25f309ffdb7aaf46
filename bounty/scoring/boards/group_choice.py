"""Choice of the group that a board is restricted to, with its practice rows.

Practice rows answer every team in full about what it sends, so what a board adds is kept small and bounded: declared
groups, groups of accepted patches and of confirmed findings (their losses on practice rows are published anyway), and
a column's values or the quarters of a number, cut on public rows. Two of them may be joined. Whatever is shown, what
it leaves over, and every part that a join makes holds at least the competition's smallest number of rows or none at
all. Nobody can put in an expression of their own, and only published versions are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition, DeclaredGroup, Submission
from bounty.permissions import visibility
from bounty.shared_model import arrays
from bounty.shared_model.group_wording import describe_group
from bounty.shared_model.practice_noise import is_noised, told_of_board
from evaluator.expressions import parse_expression
from evaluator.schema import Column, Schema

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

State = Submission.State
# A list to choose from is no use beyond that; the pages of findings and of the model link to the others.
MOST_OFFERED = 60
# A category with more values is not offered value by value.
MOST_VALUES = 40
DECLARED, SUBMISSION, COLUMN = "declared:", "submission:", "column:"


@dataclass(frozen=True)
class GroupOption:
    """One option of the list of groups: `key` is what the address holds."""

    key: str
    words: str


@dataclass(frozen=True, eq=False)
class ChosenGroup:
    """A chosen group: in words, as an expression where there is one, and its practice rows."""

    key: str
    words: str
    expression: str
    mask: NDArray[np.bool_]


def list_options(competition: Competition) -> list[tuple[str, list[GroupOption]]]:
    """Returns the groups that may be chosen, in titled lists, from three queries."""
    visible = visibility.publicly_visible(competition.submissions.all()).only(
        "pk", "number", "words", "description", "state", "competition_id"
    )
    offered = list(visible.order_by("-decided_at")[: 2 * MOST_OFFERED])
    accepted = [each for each in offered if each.state == State.ACCEPTED][:MOST_OFFERED]
    found = [each for each in offered if each.state in Submission.SHOWN_FINDINGS][:MOST_OFFERED]
    lists = [
        (_("Declared groups"), [GroupOption(g.key, g.name) for g in competition.declared_groups.all()]),
        (_("Groups of accepted patches"), [GroupOption(s.key, describe_group(s)) for s in accepted]),
        (_("Confirmed findings"), [GroupOption(s.key, describe_group(s)) for s in found]),
        (_("Columns, all values side by side"), _columns(competition.schema)),
    ]
    lists += [
        (column.meaning or column.name, [GroupOption(key, words) for key, words, _text in parts])
        for column in competition.schema.features
        if (parts := column_parts(competition, column))
    ]
    return [(title, entries) for title, entries in lists if entries]


def _columns(schema: Schema) -> list[GroupOption]:
    return [GroupOption(f"{COLUMN}{c.name}", c.meaning or c.name) for c in schema.features if _is_offered(c)]


def _is_offered(column: Column) -> bool:
    if column.excluded or column.kind == "text":
        return False
    return column.kind == "number" or len(column.values) <= MOST_VALUES


def column_parts(competition: Competition, column: Column) -> list[tuple[str, str, str]]:
    """Returns (key, words, expression) of a column's values, or of a number's quarters on public rows."""
    if not _is_offered(column):
        return []
    texts = (
        _quarters(competition, column)
        if column.kind == "number"
        else [_equals(column, v) for v in column.values]
    )
    return [
        (f"{COLUMN}{column.name}:{n}", parse_expression(text, competition.schema).words(), text)
        for n, text in enumerate(texts)
    ]


def _quoted(column: Column) -> str:
    return f"`{column.name}`"


def _equals(column: Column, value: object) -> str:
    return f"{_quoted(column)} == {value!r}"


def _quarters(competition: Competition, column: Column) -> list[str]:
    """Returns a number's quarters as expressions, cut on public rows: no bound holds anything of the secret rows."""
    values = artifacts.read_public_features(competition)[column.name].to_numpy(dtype=float)
    values = values[
        np.isfinite(values) & ~np.isin(values, np.array(column.not_applicable or (), dtype=float))
    ]
    if not len(values):
        return []
    cuts = sorted({float(f"{cut:.3g}") for cut in np.quantile(values, [0.25, 0.5, 0.75], method="higher")})
    name = _quoted(column)
    bounds = [f"{name} < {cuts[0]!r}"]
    bounds += [f"{low!r} <= {name} < {high!r}" for low, high in pairwise(cuts)]
    return [*bounds, f"{name} >= {cuts[-1]!r}"]


def find_column(competition: Competition, key: str) -> Column | None:
    """Returns the column of a key that names one without a value; None for another key."""
    name = key.removeprefix(COLUMN)
    if not key.startswith(COLUMN):
        return None
    return next((c for c in competition.schema.features if c.name == name and _is_offered(c)), None)


def choose_group(
    competition: Competition, key: str, also: str = "", *, but_not: bool = False
) -> ChosenGroup | Column:
    """Returns a whole column, a group, or a group with (or without) the rows of another. Raises Refusal."""
    if not also and (column := find_column(competition, key)) is not None:
        return column
    if also and is_noised(competition):
        raise Refusal(
            _(
                "Rows are people here: the points on two groups together, or on one without the other, would say too "
                "much about single ones. Choose one group."
            )
        )
    first = find_group(competition, key)
    return join_groups(competition, first, find_group(competition, also), but_not=but_not) if also else first


def find_group(competition: Competition, key: str) -> ChosenGroup:
    """Returns the group of a key. Raises Refusal where there is none, or it holds too few practice rows."""
    interest = _look_up_group(competition, key)
    if interest is None:
        raise Refusal(_("There is no such group here. Choose one from the list."))
    rows, total = int(interest.mask.sum()), len(interest.mask)
    if not key.startswith(DECLARED):
        # By the count that is told of it: by the exact one a group of k rows would tell of one person more.
        rows = min(total, told_of_board(competition, key, (competition.generation, 0), rows, 0.0)[0])
    _check_sizes(competition, [rows, total - rows], rest=True)
    return interest


def _look_up_group(competition: Competition, key: str) -> ChosenGroup | None:
    rows = competition.layout.rows_of("practice")
    if key.startswith(DECLARED):
        number = key.removeprefix(DECLARED)
        group = competition.declared_groups.filter(pk=number).first() if number.isdecimal() else None
        return ChosenGroup(key, group.name, group.expression, _rows(group, rows)) if group else None
    if key.startswith(SUBMISSION):
        visible = visibility.publicly_visible(competition.submissions.all())
        try:
            submission = visible.filter(pk=UUID(key.removeprefix(SUBMISSION))).first()
        except (ValueError, ValidationError):
            return None
        if submission is None or not (masks := arrays.load_masks(competition, [submission])):
            return None
        return ChosenGroup(
            key, describe_group(submission), submission.expression, masks[submission.key][rows]
        )
    for column in competition.schema.features:
        if key.startswith(f"{COLUMN}{column.name}:"):
            for own, words, text in column_parts(competition, column):
                if own == key:
                    return ChosenGroup(key, words, text, practice_mask(competition, text))
    return None


def _rows(group: DeclaredGroup, rows: slice) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = artifacts.read_array(group.stored_mask)[rows].astype(bool)
    return mask


def join_groups(
    competition: Competition, first: ChosenGroup, second: ChosenGroup, *, but_not: bool
) -> ChosenGroup:
    """Returns the first group's rows that are (not) in the second. Raises Refusal where a part would be too small."""
    both, rest = first.mask & second.mask, first.mask & ~second.mask
    parts = [both, rest, second.mask & ~first.mask, ~first.mask & ~second.mask]
    _check_sizes(competition, [int(part.sum()) for part in parts])
    chosen = rest if but_not else both
    if not chosen.any():
        raise Refusal(_("Nobody on the practice rows is in that group."))
    names = {"first": first.words, "second": second.words}
    words = _("%(first)s, but not %(second)s") % names if but_not else _("%(first)s and %(second)s") % names
    return ChosenGroup(f"{first.key} {second.key}", words, "", chosen)


def _check_sizes(competition: Competition, parts: Sequence[int], *, rest: bool = False) -> None:
    """Raises Refusal where a part has some rows, but fewer than the competition's smallest group."""
    fewest = competition.smallest_group
    if rest and not parts[0]:
        raise Refusal(_("Nobody on the practice rows is in that group."))
    if any(0 < part < fewest for part in parts):
        raise Refusal(
            ngettext(
                "That group, or what it leaves over, has fewer than %(fewest)d practice row: too few to say anything, "
                "and so few that they would say something about single ones. Choose a wider one.",
                "That group, or what it leaves over, has fewer than %(fewest)d practice rows: too few to say anything, "
                "and so few that they would say something about single ones. Choose a wider one.",
                fewest,
            )
            % {"fewest": fewest}
        )


def column_groups(competition: Competition, column: Column) -> Iterable[ChosenGroup]:
    """Returns a column's parts that hold enough practice rows, and leave enough."""
    for key, words, text in column_parts(competition, column):
        mask = practice_mask(competition, text)
        inside, fewest = int(mask.sum()), competition.smallest_group
        if inside >= fewest and (len(mask) == inside or len(mask) - inside >= fewest):
            yield ChosenGroup(key, words, text, mask)


def practice_mask(competition: Competition, expression: str) -> NDArray[np.bool_]:
    """Returns the practice rows of one of this module's own expressions; cached by the table's digest."""
    rows, first = competition.layout.rows_of("practice"), competition.layout.public
    address = competition.tables.secret.address
    return _mask(address, rows.start - first, rows.stop - first, competition.schema, expression)


@lru_cache(maxsize=512)
def _mask(
    address: tuple[str, str], start: int, stop: int, schema: Schema, expression: str
) -> NDArray[np.bool_]:
    return parse_expression(expression, schema).mask(_features(address, start, stop, schema))


@lru_cache(maxsize=2)
def _features(address: tuple[str, str], start: int, stop: int, schema: Schema) -> pd.DataFrame:
    """Returns the features of the practice rows alone."""
    table = artifacts.artifact_store().read_table(*address)
    return schema.conform(table.iloc[start:stop].reset_index(drop=True))
