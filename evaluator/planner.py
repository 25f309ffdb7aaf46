"""What a holdout can certify: told to the organiser at creation, and to everyone on the rules page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluator.feedback import points
from evaluator.ledger import LedgerState, smallest_passing_gain

# (query t, accepted before): the first query, then a ledger that fills up.
STATES = ((1, 0), (5, 4), (20, 15), (60, 40), (200, 120))
EXAMPLE_WEIGHTS = (0.01, 0.1, 0.3)


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
    lines: tuple[PlanLine, ...]
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"lines": [asdict(line) for line in self.lines], "sentences": list(self.sentences)}


def plan(
    rows_per_block: Sequence[int], delta: float, *, is_zero_one: bool = True, target_gain: float | None = None
) -> Plan:
    """What each block can certify at several states of its ledger, and the first block in words.

    `rows_per_block`: certification rows (one a unit), block 1 first. `target_gain`: what the organiser wants
    to be able to certify; blocks that cannot are named.
    """
    lines = tuple(
        PlanLine(number, rows, query, accepted, _gain(rows, number, query, accepted, delta, is_zero_one))
        for number, rows in enumerate(rows_per_block, start=1)
        for query, accepted in STATES
    )
    return Plan(lines, (*_words(lines), *_warnings(lines, target_gain)))


def _gain(rows: int, number: int, query: int, accepted: int, delta: float, is_zero_one: bool) -> float | None:
    state = LedgerState(query - 1, accepted, 0, delta, number)
    return smallest_passing_gain(rows, state, is_zero_one=is_zero_one)


def _words(lines: Sequence[PlanLine]) -> list[str]:
    if not lines:
        return ["There are no certification rows: nothing can be certified."]
    first, later = lines[0], lines[1]
    if first.gain is None:
        return [f"With {first.rows:,} certification rows nothing can be certified."]
    words = [
        f"With {first.rows:,} certification rows a first patch must gain at least {points(first.gain)} overall."
    ]
    if later.gain is not None:
        words.append(
            f"After {later.query - 1} queries of which {later.accepted} were accepted, "
            f"at least {points(later.gain)}."
        )
    examples = [(weight, first.gain / weight) for weight in EXAMPLE_WEIGHTS if first.gain / weight <= 1]
    if examples:
        weight, needed = examples[0]
        words.append(
            f"A patch of a group of {weight:.0%} of the rows must therefore gain {points(needed)} inside it."
        )
    if len(examples) < len(EXAMPLE_WEIGHTS):
        smallest = max(w for w in EXAMPLE_WEIGHTS if first.gain / w > 1)
        words.append(f"No patch of a group of {smallest:.0%} of the rows can be certified.")
    return words


def _warnings(lines: Sequence[PlanLine], target_gain: float | None) -> list[str]:
    if target_gain is None:
        return []
    return [
        f"Block {line.block} ({line.rows:,} rows) cannot certify the target of {points(target_gain)} "
        "even at its first query."
        for line in lines
        if line.query == 1 and (line.gain is None or line.gain > target_gain)
    ]
