"""The test of a finding on secret rows: Fisher's exact test, or two bets (docs/science.md, Findings).

It is fixed on practice rows before the labels of the rows it is asked of are read, and asked at the close of final
rows, or of a certification block by a query that a team spends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri_exp
from scipy.stats import hypergeom, norm

from evaluator.adjudication.betting import Moments, choose_bet
from evaluator.adjudication.noise import FindingCells
from evaluator.adjudication.nominations import holm_adjusted
from evaluator.adjudication.sampling import Sampling
from evaluator.losses import Loss

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FAMILY_LEVEL = 0.05
# Log p-values are compared after rounding to 1e-9: two machines' logarithms differ in their last bits.
_DECIMALS = 9


@dataclass(frozen=True)
class GapTest:
    """The test of "the mean loss inside is not above the mean loss outside".

    `fisher` counts wrong answers on either side. `bet` takes one middle m: if the mean inside is not above the mean
    outside, then it is not above m, or the mean outside is not below m, so the smaller of the two products
    prod_in (1 + l (X - m)) and prod_out (1 + l' (m - X)) is at least 1 / p with a chance of at most p.
    """

    name: Literal["fisher", "bet"]
    middle: float = 0.0
    bet_inside: float = 0.0  # l
    bet_outside: float = 0.0  # l'

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GapTest:
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def log_p_value(self, losses: Floats, inside: Mask, sampling: Sampling) -> float:
        """ln p of losses float64[m] in [0, 1] with the mask bool[m], rounded to 1e-9; 0 where a side is empty.

        Raises ValueError for Fisher's test of rows that are not their own units, or do not count alike.
        """
        if not inside.any() or inside.all():
            return 0.0
        if self.name == "fisher":
            if not sampling.is_plain:
                raise ValueError(
                    "Fisher's test is valid only where rows are their own units and count alike."
                )
            return _log_fisher(losses > 0, inside)
        sides = ((inside, self.bet_inside, 1), (~inside, self.bet_outside, -1))
        wealth = min(
            math.fsum(
                np.log1p(bet * sampling.of(side).unit_sums(sign * (losses[side] - self.middle))).tolist()
            )
            for side, bet, sign in sides
        )
        return round(min(0.0, -wealth), _DECIMALS)

    def passes(self, losses: Floats, inside: Mask, sampling: Sampling, log_inverse_delta: float) -> bool:
        """Whether the gap is shown at the level."""
        return -self.log_p_value(losses, inside, sampling) >= round(log_inverse_delta, _DECIMALS)


def choose_gap_test(
    loss: Loss, losses: Floats, inside: Mask, sampling: Sampling, asked_of: Sampling | None = None
) -> GapTest:
    """The test of a finding, by its losses float64[m] on practice rows: Fisher's of the 0-1 loss of rows that are their
    own units and count alike, else bets against the middle that splits the gap as its two sides' errors do.

    `asked_of`: how the rows count that it is asked of, where a unit may have several rows though none has in practice.
    """
    if loss.is_zero_one and sampling.is_plain and (asked_of is None or asked_of.is_plain):
        return GapTest("fisher")
    if not inside.any() or inside.all():
        return GapTest("bet")
    sides = [_side(losses, side, sampling) for side in (inside, ~inside)]
    errors = [each.error for each in sides]
    split = errors[0] / sum(errors) if sum(errors) > 0 else 0.5
    middle = sides[0].mean - split * (sides[0].mean - sides[1].mean)
    bets = [
        choose_bet(Moments.from_unit_sums(sign * (each.sums - middle * each.sizes)))
        for each, sign in zip(sides, (1, -1), strict=True)
    ]
    return GapTest("bet", middle, *bets)


@dataclass(frozen=True, eq=False)
class _Side:
    """Units of one side: sums of losses, and what each unit counts for."""

    sums: Floats
    sizes: Floats

    @property
    def mean(self) -> float:
        return math.fsum(self.sums.tolist()) / math.fsum(self.sizes.tolist())

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        left = self.sums - self.mean * self.sizes
        return math.sqrt(math.fsum((left * left).tolist())) / math.fsum(self.sizes.tolist())


def _side(losses: Floats, side: Mask, sampling: Sampling) -> _Side:
    own = sampling.of(side)
    return _Side(own.unit_sums(losses[side]), own.unit_sums(np.ones(int(side.sum()))))


def _log_fisher(wrong: Mask, inside: Mask) -> float:
    seen = int(np.count_nonzero(wrong & inside))
    drawn = (len(wrong), int(np.count_nonzero(wrong)), int(np.count_nonzero(inside)))
    return round(min(0.0, float(hypergeom.logsf(seen - 1, *drawn))), _DECIMALS)


def predict_gap_chance(
    cells: FindingCells, *, rows: int, exact: bool, log_inverse_delta: float, unit_rows: int = 1
) -> float:
    """The predicted probability that the test passes on so many new rows, by noised cells of practice rows.

    A normal approximation; its variance counts new rows and practice rows alike. `exact`: the test is Fisher's. Of bets
    each side has to win its own: the gap over the sum of the sides' errors reaches sqrt(2 ln 1/delta) on both.
    """
    if min(cells.rows, cells.rows_outside, rows) <= 0:
        return 0.0
    gap = cells.loss / cells.rows - cells.loss_outside / cells.rows_outside
    scale = (cells.rows + cells.rows_outside) / rows  # practice rows for one new row
    # What one row adds to the variance of a sum; units count through M.
    variance = max(0.0, cells.z2) * unit_rows**2 / cells.rows
    errors = [math.sqrt(variance / side * scale) for side in (cells.rows, cells.rows_outside)]
    error = math.hypot(*errors) if exact else sum(errors)
    if error <= 0:
        return float(gap > 0)
    needed = -float(ndtri_exp(-log_inverse_delta)) if exact else math.sqrt(2 * log_inverse_delta)
    chance = float(norm.cdf((gap / error - needed) / math.sqrt(1 + 1 / scale)))
    return chance if exact else chance**2


@dataclass(frozen=True)
class FinalTest:
    """One finding's place in the family of the close: its test, p-value and Holm's p-value."""

    test: GapTest
    rows: int  # final rows of its own part
    loss_inside: float
    loss_outside: float
    p_value: float
    p_adjusted: float = 1.0

    @property
    def confirmed(self) -> bool:
        return self.p_adjusted <= FAMILY_LEVEL

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FinalTest:
        return cls(GapTest.from_json(data["test"]), **{key: data[key] for key in data if key != "test"})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure_final(test: GapTest, losses: Floats, inside: Mask, sampling: Sampling) -> FinalTest:
    """A finding's figures on final rows, by its test; Holm's p-value comes from the whole family (`confirm_family`)."""
    rows = int(inside.sum())
    in_mean, out_mean = (float(losses[side].mean()) if side.any() else 0.0 for side in (inside, ~inside))
    return FinalTest(test, rows, in_mean, out_mean, math.exp(test.log_p_value(losses, inside, sampling)))


def confirm_family(family: Sequence[FinalTest]) -> list[FinalTest]:
    """The tests with Holm's p-values over the family: all counted findings of all teams, not confirmed yet."""
    adjusted = holm_adjusted([each.p_value for each in family])
    return [replace(each, p_adjusted=value) for each, value in zip(family, adjusted, strict=True)]
