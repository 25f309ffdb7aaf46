"""Holdout planning: the gains that certification rows can show, for the organiser and the rules page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluator.adjudication.binomial_bounds import rows_needed
from evaluator.adjudication.feedback import format_points
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain

# (query t, accepted before): the first query, then a ledger that fills up.
STATES = ((1, 0), (5, 4), (20, 15), (60, 40), (200, 120))
EXAMPLE_WEIGHTS = (0.01, 0.1, 0.3)
# Behind a good gate most queries pass.
ACCEPTED_SHARE = 0.75
MOST_QUERIES = 2**20
MOST_ROWS = 10**9
# A patch that answers a protected group's rows anew, as often better as worse.
EXAMPLE_CHURN = 0.1


@dataclass(frozen=True)
class PlanLine:
    """The smallest gain that passes query `query` of a block after `accepted` accepted ones; None for none."""

    block: int
    rows: int
    query: int
    accepted: int
    gain: float | None


@dataclass(frozen=True)
class Plan:
    """A holdout plan: its table and its sentences."""

    lines: tuple[PlanLine, ...]
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON of the plan."""
        return {"lines": [asdict(line) for line in self.lines], "sentences": list(self.sentences)}


def plan_holdout(
    rows_per_block: Sequence[int],
    delta: float,
    *,
    is_zero_one: bool = True,
    target_gain: float | None = None,
    tolerance: float | None = None,
    groups: int = 0,
    smallest_group: int = 0,
    practice_rows: int = 0,
) -> Plan:
    """The plan of a holdout: the gains that each block can certify at several states of its ledger, and sentences
    on the first block.

    `rows_per_block`: certification rows (one a unit), block 1 first. `target_gain`: what the organiser wants
    to be able to certify; blocks that cannot are named. `tolerance`: where harm is certified, how much a
    group's mean loss may rise; `groups`: how many are protected from the start; `smallest_group`: of how many of
    the `practice_rows` on an accepted group is protected, too.
    """
    checks = 1 + groups if tolerance is not None else 1
    lines = tuple(
        PlanLine(
            number, rows, query, accepted, _gain(rows, number, query, accepted, delta, is_zero_one, checks)
        )
        for number, rows in enumerate(rows_per_block, start=1)
        for query, accepted in STATES
    )
    sentences = [*_words(lines), *_warnings(lines, target_gain)]
    if target_gain is not None and rows_per_block:
        sentences += _capacities(rows_per_block, delta, is_zero_one, target_gain, checks)
    if tolerance is not None and rows_per_block:
        sentences += _harm_words(rows_per_block[0], delta, is_zero_one, tolerance, groups)
        if is_zero_one and practice_rows:
            level = LedgerState(delta=delta).log_inverse_delta(checks=1 + groups)
            needed = rows_needed(tolerance, level)
            sentences += _small_group_words(rows_per_block[0], needed, smallest_group, practice_rows)
    return Plan(lines, tuple(sentences))


def query_capacity(
    rows: int, block: int, delta: float, gain: float, *, is_zero_one: bool = True, checks: int = 1
) -> int:
    """Queries that a block can answer until no gain of `gain` or less could pass, where three of four are accepted."""

    def can_still(asked: int) -> bool:
        found = _gain(rows, block, asked + 1, int(ACCEPTED_SHARE * asked), delta, is_zero_one, checks)
        return found is not None and found <= gain

    if not can_still(0):
        return 0
    high = 1
    while can_still(high) and high < MOST_QUERIES:
        high *= 2
    low = high // 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if can_still(middle) else (low, middle - 1)
    return low + 1


def rows_for_queries(
    gain: float, delta: float, queries: int, *, is_zero_one: bool = True, checks: int = 1
) -> int | None:
    """Fewest certification rows of a first block that answers so many queries of that gain; None above a billion."""

    def enough(rows: int) -> bool:
        found = _gain(rows, 1, queries, int(ACCEPTED_SHARE * (queries - 1)), delta, is_zero_one, checks)
        return found is not None and found <= gain

    high = 1
    while not enough(high):
        high *= 2
        if high > MOST_ROWS:
            return None
    low = high // 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _gain(
    rows: int, number: int, query: int, accepted: int, delta: float, is_zero_one: bool, checks: int
) -> float | None:
    state = LedgerState(query - 1, accepted, 0, delta, number)
    return smallest_passing_gain(rows, state, is_zero_one=is_zero_one, checks=checks)


def _words(lines: Sequence[PlanLine]) -> list[str]:
    if not lines:
        return ["There are no certification rows: nothing can be certified."]
    first, later = lines[0], lines[1]
    if first.gain is None:
        return [f"With {first.rows:,} certification rows nothing can be certified."]
    words = [
        f"With {first.rows:,} certification rows a first patch must gain at least {format_points(first.gain)} overall."
    ]
    if later.gain is not None:
        words.append(
            f"After {later.query - 1} queries of which {later.accepted} were accepted, "
            f"at least {format_points(later.gain)}."
        )
    examples = [(weight, first.gain / weight) for weight in EXAMPLE_WEIGHTS if first.gain / weight <= 1]
    if examples:
        weight, needed = examples[0]
        words.append(
            f"A patch of a group of {weight:.0%} of the rows must therefore gain {format_points(needed)} inside it."
        )
    if len(examples) < len(EXAMPLE_WEIGHTS):
        smallest = max(w for w in EXAMPLE_WEIGHTS if first.gain / w > 1)
        words.append(f"No patch of a group of {smallest:.0%} of the rows can be certified.")
    return words


def _warnings(lines: Sequence[PlanLine], target_gain: float | None) -> list[str]:
    if target_gain is None:
        return []
    return [
        f"Block {line.block} ({line.rows:,} rows) cannot certify the target of {format_points(target_gain)} "
        "even at its first query."
        for line in lines
        if line.query == 1 and (line.gain is None or line.gain > target_gain)
    ]


def _capacities(
    rows_per_block: Sequence[int], delta: float, is_zero_one: bool, gain: float, checks: int
) -> list[str]:
    counts = [
        query_capacity(rows, number, delta, gain, is_zero_one=is_zero_one, checks=checks)
        for number, rows in enumerate(rows_per_block, start=1)
    ]
    answered = sum(counts)
    words = [
        f"About {answered:,} queries can show a gain of {format_points(gain)} before the holdout is spent, where three "
        "of four are accepted."
        if answered
        else f"No query can show a gain of {format_points(gain)}."
    ]
    if answered < 20:
        needed = rows_for_queries(gain, delta, 20, is_zero_one=is_zero_one, checks=checks)
        words.append(
            f"For 20 of them one block would need about {needed:,} rows."
            if needed is not None
            else f"No block can answer 20 queries of {format_points(gain)}."
        )
    return words


def _harm_words(rows: int, delta: float, is_zero_one: bool, tolerance: float, groups: int) -> list[str]:
    """How large a group must be for its harm to be certified, at the first query."""
    if not is_zero_one:
        return ["How many rows a group needs depends on how its losses vary; with this loss no number holds."]
    level = LedgerState(delta=delta).log_inverse_delta(checks=1 + groups)
    still, churning = rows_needed(tolerance, level), rows_needed(tolerance, level, EXAMPLE_CHURN)
    if still is None or churning is None:
        return ["Without a tolerance no group is large enough to certify that it is not harmed."]
    words = (
        f"To certify that a protected group is not harmed by more than {format_points(tolerance)}, it needs {still:,} "
        f"of the {rows:,} certification rows where no answer of its changes, and {churning:,} where "
        f"{EXAMPLE_CHURN:.0%} of them change."
    )
    if still > rows:
        return [words, "No group of this holdout is so large: no patch could be certified."]
    return [words]


def _small_group_words(rows: int, needed: int | None, smallest_group: int, practice_rows: int) -> list[str]:
    """A warning where a group may be protected that is too small for its harm ever to be certified."""
    held = smallest_group * rows / practice_rows
    if needed is None or needed > rows or held >= needed:
        return []
    least = math.ceil(needed * practice_rows / rows)
    return [
        f"Accepted groups are protected from {smallest_group:,} practice rows on, which are about {held:,.0f} "
        "certification rows: once one that small is accepted, no later patch could be certified not to harm it, and "
        f"none would be accepted. Set the smallest group to {least:,} practice rows or more."
    ]
