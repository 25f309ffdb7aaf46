"""Retests: an accepted entry's own test after a correction, and what such tests give away in bits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bounty.models import ModelVersion, Submission
from evaluator.adjudication.rule_2026_11.ledger import pattern_bits

# By block: the number of each retested query and whether it was kept, in the list's order.
Pattern = list[tuple[int, bool]]


@dataclass(frozen=True, eq=False)
class Retest:
    """The result of an accepted entry's own test, run again on corrected rows.

    The arrays are those of the two versions that were certified.
    """

    submission: Submission
    block: int
    level: float
    before: ModelVersion
    after: ModelVersion
    guarded: tuple[Submission, ...]  # accepted before it, whose groups the test looked after
    kept: bool
    number: int | None = None  # of its query; None by the rule of 2026-11


def retest_bits(tested: Sequence[tuple[int, bool]]) -> dict[int, int]:
    """Returns the bits that each block gave away: the pattern of (block, kept) of its entries."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for block, kept in tested:
        counts[block][int(not kept)] += 1
    return {block: pattern_bits(kept, dropped) for block, (kept, dropped) in sorted(counts.items())}


def retest_patterns(tested: Sequence[tuple[int, int, bool]]) -> dict[int, Pattern]:
    """Returns what a correction told of each block, from (block, number, kept) in the list's order."""
    found: dict[int, Pattern] = defaultdict(list)
    for block, number, kept in tested:
        found[block].append((number, kept))
    return dict(sorted(found.items()))


def retests_entry(correction: int, after: int, pattern: Pattern) -> dict[str, object]:
    """Returns a correction as a block stores it, beside those before."""
    return {"correction": correction, "after": after, "kept": [[number, kept] for number, kept in pattern]}
