"""The units of a competition's table: the strata that were drawn more often, and M, by which unit sums are divided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bounty.core.errors import Refusal
from evaluator.errors import TableError
from evaluator.splits import PUBLIC, Layout, unit_strata


@dataclass(frozen=True, eq=False)
class Strata:
    """The strata of drawn rows, int64[rows] in the layout's order: 1 for each row of a unit that was drawn more often.

    `undrawn`: units of stratum 0 and of stratum 1 that are in the table and in no split.
    """

    rows: NDArray[np.int64]
    undrawn: tuple[int, int]


def find_strata(
    codes: NDArray[np.int64], oversample: NDArray[np.bool_], order: NDArray[np.int64], layout: Layout
) -> Strata:
    """The strata of a draw: `codes` and `oversample` of the table's rows, `order` the drawn ones. Raises TableError
    for a secret split without a unit of a stratum that the table has: nothing about the table could be tested there.
    """
    by_unit = unit_strata(codes, oversample)
    rows = by_unit[codes[order]]
    in_table = np.bincount(by_unit, minlength=2)
    for split in layout.ranges:
        found = np.bincount(rows[layout.rows_of(split)], minlength=2)
        if split not in PUBLIC and ((in_table > 0) & (found == 0)).any():
            lacking = "outside the small declared groups" if found[1] else "of a small declared group"
            raise TableError(
                f"The split `{split}` would hold no unit {lacking}, so that nothing about the table could be tested "
                "on it. Use fewer certification blocks, give it more rows, or do not draw small declared groups more "
                "often."
            )
    drawn = np.bincount(by_unit[np.unique(codes[order])], minlength=2)
    return Strata(rows, (int(in_table[0] - drawn[0]), int(in_table[1] - drawn[1])))


def choose_unit_rows(unit_sizes: NDArray[np.int64], asked: int | None) -> int:
    """M: the rows of the table's largest unit, or the smaller number asked for. `unit_sizes`: rows of each unit of the
    table, int64[units]. Raises Refusal for a number that is none of 1 to the largest.
    """
    largest = int(unit_sizes.max(initial=1))
    if asked is None:
        return largest
    if not 1 <= asked <= largest:
        raise Refusal(
            f"The table's largest unit has {largest:,} rows, so a unit's sum can be divided by 1 to {largest:,}, not "
            f"by {asked:,}.",
            "unit_rows",
        )
    return asked


def describe_units(unit_sizes: NDArray[np.int64], unit_rows: int) -> tuple[str, ...]:
    """Sentences for readers about what a unit's rows count for in certificates; none where rows are their own units."""
    largest = int(unit_sizes.max(initial=1))
    if largest == 1:
        return ()
    if unit_rows >= largest:
        return (
            f"Certificates are about units: the differences of a unit's rows are summed and divided by {unit_rows:,}, "
            "the rows of the table's largest unit, so that all rows count alike.",
        )
    larger = unit_sizes > unit_rows
    return (
        f"Certificates are about units: the differences of a unit's rows are summed and divided by {unit_rows:,}, or "
        f"by the number of its rows where that is larger. Rows of larger units count for less: "
        f"{int(larger.sum()):,} of {len(unit_sizes):,} units, with {unit_sizes[larger].sum() / unit_sizes.sum():.1%} "
        "of the rows.",
    )
