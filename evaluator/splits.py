"""Splits of rows by unit, train to final, and the layout of all rows (docs/science.md, Splits)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.text import did_you_mean

PUBLIC = ("train", "explore")
SECRET = ("practice", "certification", "final")
# A split of fewer units measures nothing.
LEAST_UNITS = 10
# However small a declared group is, so much of it stays public: somebody has to learn on it.
MOST_SECRET = 0.8


@dataclass(frozen=True)
class Layout:
    """The layout of all rows: each split's range in one order, public (train, explore) first, then secret.

    `ranges[name] = (start, stop)` over all rows; names: train, explore, practice, certification-1.., final.
    Arrays "over all rows" (masks, predictions) have `rows` entries in this order; the public table holds the
    first `public` of them, the secret table the rest.
    """

    ranges: Mapping[str, tuple[int, int]]
    public: int
    rows: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layout:
        """The layout that `to_json` wrote."""
        return cls(
            {k: (int(a), int(b)) for k, (a, b) in data["ranges"].items()}, data["public"], data["rows"]
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return {
            "ranges": {k: list(v) for k, v in self.ranges.items()},
            "public": self.public,
            "rows": self.rows,
        }

    def rows_of(self, split: str) -> slice:
        """The slice of a split in arrays over all rows."""
        return slice(*self.ranges[split])

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the certification blocks, in order."""
        return tuple(name for name in self.ranges if name.startswith("certification-"))


def draw_layout(
    frame: pd.DataFrame,
    unit: str | None,
    sizes: Mapping[str, float],
    blocks: int,
    seed: int,
    *,
    oversample: NDArray[np.bool_] | None = None,
    factor: float = 2.0,
    known: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], Layout]:
    """Draw the splits: the row order int64[m] (positions in `frame`) and the layout of those m rows.

    `sizes` gives train, explore, practice, certification (all blocks together) and final in UNITS: fractions
    that sum to at most 1, or counts. A split holds all rows of its units; units that no split asked for are left
    out. With `oversample` (bool[n], the rows of small declared groups) units with such a row go to the secret splits
    `factor` times as often as others.
    Units with a row of `known` (bool[n], rows that somebody may know already) never go to a secret split.
    The same seed gives the same draw. TableError where a split would get too few units.
    """
    codes = unit_codes(frame, unit)
    units = int(codes.max()) + 1 if len(codes) else 0
    counts = split_counts(sizes, units, blocks)
    rng = np.random.default_rng(seed)
    ordered = _order_units(codes, units, counts, rng, oversample, factor, _units_with(codes, units, known))
    split_of_unit = np.full(units, -1)
    names = list(counts)
    start = 0
    for index, name in enumerate(names):
        split_of_unit[ordered[start : start + counts[name]]] = index
        start += counts[name]
    shuffled = rng.permutation(len(codes))
    split_of_row = split_of_unit[codes[shuffled]]
    order, ranges, start = [], {}, 0
    for index, name in enumerate(names):
        rows = shuffled[split_of_row == index]
        order.append(rows)
        ranges[name] = (start, start + len(rows))
        start += len(rows)
    return np.concatenate(order).astype(np.int64), Layout(ranges, ranges["explore"][1], start)


def unit_strata(codes: NDArray[np.int64], oversample: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The stratum of each unit in an over-sampling draw, int64[units]: 1 where one of its rows is to be drawn more
    often, else 0.
    """
    return _units_with(codes, int(codes.max()) + 1 if len(codes) else 0, oversample).astype(np.int64)


def unit_codes(frame: pd.DataFrame, unit: str | None) -> NDArray[np.int64]:
    """Unit codes int64[n]: rows of one unit share a code from 0; without a unit column every row is its own unit.
    Raises TableError for an unknown column or an empty cell.
    """
    if unit is None:
        return np.arange(len(frame), dtype=np.int64)
    if unit not in frame.columns:
        known = [str(name) for name in frame.columns]
        raise TableError(
            f"The unit column `{unit}` is not in the table{did_you_mean(unit, known)}", column=unit
        )
    codes = pd.factorize(frame[unit])[0].astype(np.int64)
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        row = int(missing[0]) + 1
        raise TableError(f"The unit column `{unit}` is empty in row {row}.", column=unit, row=row)
    return codes


def split_counts(sizes: Mapping[str, float], units: int, blocks: int) -> dict[str, int]:
    """Units of each split, certification divided evenly into its blocks, in the layout's order. Raises TableError for
    sizes that do not fit or leave a split too small.
    """
    _check_sizes(sizes, blocks)
    values = [float(sizes[name]) for name in (*PUBLIC, *SECRET)]
    if all(value <= 1 for value in values) and sum(values) <= 1 + 1e-9:
        # Cumulative rounding: the counts add up to the rounded sum, so no unit is lost to rounding.
        edges = np.floor(np.cumsum([0.0, *values]) * units + 0.5 + 1e-9).astype(int)
        counts = dict(zip((*PUBLIC, *SECRET), np.diff(np.minimum(edges, units)).tolist(), strict=True))
    else:
        counts = {name: int(sizes[name]) for name in (*PUBLIC, *SECRET)}
    if sum(counts.values()) > units:
        raise TableError(f"The splits ask for {sum(counts.values()):,} units, but the table has {units:,}.")
    per_block, rest = divmod(counts["certification"], blocks)
    result = {name: counts[name] for name in (*PUBLIC, "practice")}
    result |= {f"certification-{b + 1}": per_block + (b < rest) for b in range(blocks)}
    result["final"] = counts["final"]
    for name, count in result.items():
        if count < LEAST_UNITS:
            raise TableError(
                f"The split `{name}` would get {count} units; it needs at least {LEAST_UNITS}. "
                f"The table has {units:,} units: give it more rows, or use fewer certification blocks."
            )
    return result


def _check_sizes(sizes: Mapping[str, float], blocks: int) -> None:
    wanted = {*PUBLIC, *SECRET}
    for name in sizes:
        if name not in wanted:
            raise TableError(f"There is no split `{name}`{did_you_mean(name, wanted)}")
    for name in sorted(wanted):
        if name not in sizes:
            raise TableError(f"The size of the split `{name}` is missing.")
        if not sizes[name] > 0:
            raise TableError(f"The split `{name}` needs a size above 0, not {sizes[name]}.")
    if blocks < 1:
        raise TableError(f"There must be at least one certification block, not {blocks}.")
    if sum(sizes.values()) > 1 + 1e-9 and any(value != int(value) for value in sizes.values()):
        raise TableError("Split sizes are fractions that sum to at most 1, or whole numbers of units.")


def _units_with(codes: NDArray[np.int64], units: int, rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """bool[units]: whether a unit has one of these rows."""
    found = np.zeros(units, dtype=bool)
    if rows is not None:
        found[codes[rows]] = True
    return found


def _order_units(
    codes: NDArray[np.int64],
    units: int,
    counts: Mapping[str, int],
    rng: np.random.Generator,
    oversample: NDArray[np.bool_] | None,
    factor: float,
    known: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Units in the order in which the splits take them: public first, then secret."""
    permuted = rng.permutation(units)
    small = _units_with(codes, units, oversample)
    if not small.any() and not known.any():
        return permuted
    public = sum(counts[name] for name in PUBLIC)
    secret = sum(counts.values()) - public
    told, free = permuted[known[permuted]], permuted[~known[permuted]]
    if secret > len(free):
        raise TableError(
            f"The secret splits ask for {secret:,} units, but of the table's {units:,} only {len(free):,} are known to "
            "nobody: the others were public, opened or told of in the competition that this one is copied from. "
            "Keep fewer secret, or send a table with rows that were not in it."
        )
    preferred, others = free[small[free]], free[~small[free]]
    share = min(secret / units * factor, max(MOST_SECRET, secret / units)) if small.any() else 0.0
    # At least so many that the others can fill what is left of the secret splits.
    chosen = min(max(round(len(preferred) * share), secret - len(others)), secret)
    in_secret = rng.permutation(np.concatenate([preferred[:chosen], others[: secret - chosen]]))
    rest = rng.permutation(np.concatenate([preferred[chosen:], others[secret - chosen :]]))
    # What is known comes first in the public splits: nothing else can be done with it.
    in_public = np.concatenate([told, rest])
    return np.concatenate([rng.permutation(in_public[:public]), in_secret, in_public[public:]])
