"""The sampling of a secret split: its units, and what each counts for (docs/science.md, The tests)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sampling:
    """How the rows of a split count in its tests.

    `unit`: the unit of each row, int64[m], any codes; None where every row is its own. `weight`: w of each row's unit,
    float64[m] in (0, 1]; None where no stratum was over-sampled. `unit_rows`: M, by which a unit's sum is divided, or
    by its own rows where these are more. `unit_sizes`: how many rows each row's unit has in the whole split, int64[m];
    counted from `unit` where it is not given.
    """

    unit: Codes | None = None
    weight: Floats | None = None
    unit_rows: int = 1
    unit_sizes: Codes | None = None

    def __post_init__(self) -> None:
        if self.unit_rows < 1:
            raise ValueError(f"A unit's sum is divided by at least 1, not by {self.unit_rows}.")
        if self.weight is not None and len(self.weight):
            low, high = float(self.weight.min()), float(self.weight.max())
            if not 0 < low <= high <= 1:
                raise ValueError(f"Weights of units lie in (0, 1], not between {low} and {high}.")
        if self.unit is not None and self.unit_sizes is None:
            _, codes, sizes = np.unique(self.unit, return_inverse=True, return_counts=True)
            object.__setattr__(self, "unit_sizes", sizes.astype(np.int64)[codes])

    @property
    def is_plain(self) -> bool:
        """Whether rows are their own units and count alike: the exact sign test is valid."""
        return self.unit is None and self.weight is None

    def of(self, rows: npt.NDArray[np.bool_] | slice) -> Sampling:
        """The sampling of some of the rows (bool[m], or a slice): each row counts for what it counted before."""
        return Sampling(
            None if self.unit is None else self.unit[rows],
            None if self.weight is None else self.weight[rows],
            self.unit_rows,
            None if self.unit_sizes is None else self.unit_sizes[rows],
        )

    def count_units(self, rows: int) -> int:
        """The number of units among so many rows, which are those of this sampling."""
        return rows if self.unit is None else len(np.unique(self.unit))

    def unit_sums(self, z: Floats) -> Floats:
        """Z of each unit, float64[units] in [-1, 1], from a row's values float64[m] in [-1, 1]: their sum over the
        unit's rows, divided by max(M, rows of the unit) and weighted.
        """
        if self.unit is None:
            sums = z / self.unit_rows
            return sums if self.weight is None else sums * self.weight
        assert self.unit_sizes is not None  # noqa: S101  # __post_init__ counts them
        _, first, codes = np.unique(self.unit, return_index=True, return_inverse=True)
        sums = np.bincount(codes, weights=z, minlength=len(first)) / np.maximum(
            self.unit_rows, self.unit_sizes[first]
        )
        return sums if self.weight is None else sums * self.weight[first]


def stratum_weights(stratum: Codes, unit: Codes | None, table_shares: dict[int, float]) -> Floats | None:
    """The weights w of rows, float64[m], that undo the over-sampling of strata, scaled so that the largest is 1.

    `stratum` is each row's, int64[m]; `table_shares` the share of the table's units in each stratum. w is the
    stratum's share in the table by its share of the units here. None where a stratum of the table has no unit here:
    nothing about the table can be tested on these rows.
    """
    if unit is not None:
        first = np.unique(unit, return_index=True)[1]
        counts = {int(s): int(n) for s, n in zip(*np.unique(stratum[first], return_counts=True), strict=True)}
    else:
        counts = {int(s): int(n) for s, n in zip(*np.unique(stratum, return_counts=True), strict=True)}
    if any(share > 0 and not counts.get(number) for number, share in table_shares.items()):
        return None
    units = sum(counts.values())
    weights = {number: table_shares[number] * units / count for number, count in counts.items()}
    largest = max(weights.values(), default=1.0)
    return np.array([weights[int(number)] / largest for number in stratum], dtype=np.float64)
