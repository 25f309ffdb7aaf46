"""Holdout planning: the gains that certification rows can show, for the organiser and the rules page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from evaluator.adjudication.binomial_bounds import rows_needed
from evaluator.adjudication.feedback import format_points
from evaluator.adjudication.fewest import fewest
from evaluator.adjudication.holdout import Holdout

# (query t, accepted before): the first query, then a ledger that fills up.
STATES = ((1, 0), (5, 4), (20, 15), (60, 40), (200, 120))
EXAMPLE_WEIGHTS = (0.01, 0.1, 0.3)
# Behind a good gate most queries pass.
ACCEPTED_SHARE = 0.75
MOST_QUERIES = 2**20
MOST_ROWS = 10**9
# A plan that answers fewer says how many rows it would take.
FEW_QUERIES = 20
# What a holdout can answer is shared: a team has one part of so many, and no fewer refused queries than that.
TEAMS_SHARING, LEAST_SHARE = 20, 3
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
    nothing: str = ""  # the first of the sentences, where nothing can be accepted
    capacity: int | None = None  # queries that can show the target gain, over all blocks

    def to_json(self) -> dict[str, Any]:
        """The JSON of the plan; what it does not say is left out."""
        data: dict[str, Any] = {
            "lines": [asdict(line) for line in self.lines],
            "sentences": list(self.sentences),
        }
        if self.nothing:
            data["nothing"] = self.nothing
        return data if self.capacity is None else data | {"capacity": self.capacity}


def plan_holdout(
    holdout: Holdout,
    *,
    target_gain: float | None = None,
    tolerance: float | None = None,
    groups: int = 0,
    smallest_group: int = 0,
    practice_rows: int = 0,
    base_loss: float | None = None,
    base_words: str = "the base model",
) -> Plan:
    """The plan of a holdout: the gains that each block can certify at several states of its ledger, and sentences
    on the first block.

    `target_gain`: what the organiser wants to be able to certify; blocks that cannot are named. `tolerance`: where harm
    is certified, how much a group's mean loss may rise; `groups`: how many are protected from the start;
    `smallest_group`: of how many of the `practice_rows` on an accepted group is protected, too. `base_loss`: all that
    the base model (or what stands for it, in `base_words`) loses, which no patch can gain more than.
    """
    if tolerance is not None and holdout.rule_version == 1:
        holdout = replace(holdout, checks=1 + groups)
    lines = tuple(
        PlanLine(number, block.rows, query, accepted, holdout.gain_after(number, query - 1, accepted))
        for number, block in enumerate(holdout.blocks, start=1)
        for query, accepted in STATES
    )
    nothing = _nothing_words(holdout, lines, base_loss, base_words)
    sentences = [
        *_words(lines, base_loss, base_words),
        *_warnings(lines, target_gain, is_retired=holdout.rule_version > 1),
    ]
    capacity = None
    if target_gain is not None and holdout.blocks:
        capacity = sum(
            query_capacity(holdout, block + 1, target_gain) for block in range(len(holdout.blocks))
        )
        sentences += _capacity_words(holdout, target_gain, capacity)
    if tolerance is not None and holdout.blocks:
        sentences += _harm_words(holdout, tolerance)
        needed = _rows_needed(holdout, tolerance, 0.0)
        if holdout.is_zero_one and practice_rows:
            sentences += _small_group_words(holdout.blocks[0].rows, needed, smallest_group, practice_rows)
    return Plan(lines, tuple([nothing, *sentences] if nothing else sentences), nothing, capacity)


def query_capacity(holdout: Holdout, block: int, gain: float) -> int:
    """Queries that a block can answer until no gain of `gain` or less could pass, where three of four are accepted."""

    def can_still(asked: int) -> bool:
        found = holdout.gain_after(block, asked, int(ACCEPTED_SHARE * asked))
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


def rows_for_queries(holdout: Holdout, gain: float, queries: int) -> int | None:
    """Fewest certification rows of a first block that answers so many queries of that gain; None above a billion."""
    level = holdout.level(1, queries - 1, int(ACCEPTED_SHARE * (queries - 1)))

    def enough(rows: int) -> bool:
        large = holdout.with_rows(rows)
        if holdout.rule_version == 1:
            found = large.gain_after(1, queries - 1, int(ACCEPTED_SHARE * (queries - 1)))
        else:
            found = large.gain_at(1, level)
        return found is not None and found <= gain

    return fewest(enough, MOST_ROWS)


def _nothing_words(
    holdout: Holdout, lines: Sequence[PlanLine], base_loss: float | None, base_words: str
) -> str:
    """The one sentence where nothing can be accepted; "" where something can."""
    if not lines:
        return "Nothing can be accepted: there are no certification rows."
    gain = lines[0].gain
    if gain is None:
        return f"Nothing can be accepted: {lines[0].rows:,} certification rows are too few to show anything."
    if base_loss is None or gain <= base_loss:
        return ""
    whole = (
        ""
        if holdout.shows_all(base_loss)
        else " Not even a patch that left no loss at all would be accepted."
    )
    return (
        f"Nothing can be accepted: a first patch must gain at least {format_points(gain)} overall, and all that "
        f"{base_words} loses is {format_points(base_loss)}.{whole}"
    )


def _words(lines: Sequence[PlanLine], base_loss: float | None, base_words: str) -> list[str]:
    if not lines or (gain := lines[0].gain) is None:
        return []
    first, later = lines[0], lines[1]
    words = [
        f"With {first.rows:,} certification rows a first patch must gain at least {format_points(gain)} overall."
    ]
    if base_loss and gain <= base_loss:
        words.append(
            f"That is {gain / base_loss:.0%} of the {format_points(base_loss)} that {base_words} loses in all."
        )
    if later.gain is not None:
        words.append(
            f"After {later.query - 1} queries of which {later.accepted} were accepted, "
            f"at least {format_points(later.gain)}."
        )
    examples = [(weight, gain / weight) for weight in EXAMPLE_WEIGHTS if gain / weight <= 1]
    if examples:
        weight, needed = examples[0]
        words.append(
            f"A patch of a group of {weight:.0%} of the rows must therefore gain {format_points(needed)} inside it."
        )
    if len(examples) < len(EXAMPLE_WEIGHTS):
        smallest = max(w for w in EXAMPLE_WEIGHTS if gain / w > 1)
        words.append(f"No patch of a group of {smallest:.0%} of the rows can be certified.")
    return words


def _warnings(lines: Sequence[PlanLine], target_gain: float | None, *, is_retired: bool) -> list[str]:
    if target_gain is None:
        return []
    return [
        f"Block {line.block} ({line.rows:,} rows) cannot certify the target of {format_points(target_gain)} "
        "even at its first query" + (", after which it is retired." if is_retired else ".")
        for line in lines
        if line.query == 1 and (line.gain is None or line.gain > target_gain)
    ]


def _capacity_words(holdout: Holdout, gain: float, answered: int) -> list[str]:
    words = [
        f"About {answered:,} queries can show a gain of {format_points(gain)} before the holdout is spent, where three "
        "of four are accepted."
        if answered
        else f"No query can show a gain of {format_points(gain)}."
    ]
    if answered and holdout.rule_version > 1:
        words.append(
            f"They are shared: a team may have at most {share_of_team(answered):,} refused, and each refused one "
            "raises the chance of passing that its next one must promise."
        )
    if answered < FEW_QUERIES:
        needed = rows_for_queries(holdout, gain, FEW_QUERIES)
        words.append(
            f"For {FEW_QUERIES} of them one block would need about {needed:,} rows."
            if needed is not None
            else f"No block can answer {FEW_QUERIES} queries of {format_points(gain)}."
        )
    return words


def share_of_team(capacity: int) -> int:
    """How many refused queries one team may have: a part of what the holdout can answer, and no fewer than three."""
    return max(LEAST_SHARE, capacity // TEAMS_SHARING)


def _rows_needed(holdout: Holdout, tolerance: float, changed: float) -> int | None:
    """Fewest rows of a group whose harm a first query can certify, where this share of its answers changes."""
    if holdout.is_zero_one and all(block.is_plain for block in holdout.blocks):
        return rows_needed(tolerance, holdout.level(1, 0, 0), changed)
    return holdout.rows_to_certify(tolerance)


def _harm_words(holdout: Holdout, tolerance: float) -> list[str]:
    """How large a group must be for its harm to be certified, at the first query."""
    rows = holdout.blocks[0].rows
    if not holdout.is_zero_one and holdout.rule_version == 1:
        return ["How many rows a group needs depends on how its losses vary; with this loss no number holds."]
    still, churning = (_rows_needed(holdout, tolerance, changed) for changed in (0.0, EXAMPLE_CHURN))
    if still is None or churning is None:
        return ["Without a tolerance no group is large enough to certify that it is not harmed."]
    plain = holdout.is_zero_one and holdout.blocks[0].is_plain
    more = (
        f"{churning:,} where {EXAMPLE_CHURN:.0%} of them change"
        if plain
        else "more the more of its losses change"
    )
    words = (
        f"To certify that a protected group is not harmed by more than {format_points(tolerance)}, it needs {still:,} "
        f"of the {rows:,} certification rows where no answer of its changes, and {more}."
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
