"""Effects in five losses: the losses of head and patch on a group's rows, where the patch is better or changes nothing.

Rows come unit after unit; those of a unit are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.planted import GAP, HEAD_ERROR, OTHER_ERROR
from evaluator.losses import LOG_SCALE, LossName

Floats = npt.NDArray[np.float64]
Random = np.random.Generator

FALSE_ALARM = 0.2  # of what missing a case costs
BIAS, SPREAD = (
    0.19,
    0.15,
)  # of the head's answers in the group, as shares of the label's range; the patch has no bias
SURE = 1.5  # mean log odds that a patch gives the true class; the head's spread about 0 in the group
TOGETHER = 0.5  # how often a row of a unit errs as the unit's first row does


def draw_losses(
    loss: LossName, rng: Random, units: int, unit_rows: int = 1, *, good: bool = True
) -> tuple[Floats, Floats]:
    """The losses float64[units * unit_rows] of head and patch on a group of so many units; `good` where the patch
    lowers them, else both draw theirs alike.
    """
    return _LOSSES[loss](_Errors(rng, units, unit_rows), good)


@dataclass(frozen=True, eq=False)
class _Errors:
    """Draws for rows in units: each row but a unit's first takes over the first one's draw half of the time."""

    rng: Random
    units: int
    unit_rows: int

    def uniform(self) -> Floats:
        return self._alike(self.rng.random((self.units, self.unit_rows)))

    def normal(self) -> Floats:
        return self._alike(self.rng.standard_normal((self.units, self.unit_rows)))

    def _alike(self, drawn: Floats) -> Floats:
        copies = self.rng.random((self.units, self.unit_rows)) < TOGETHER
        return np.where(copies, drawn[:, :1], drawn).ravel()


def _zero_one(errors: _Errors, good: bool) -> tuple[Floats, Floats]:
    rates = (HEAD_ERROR, HEAD_ERROR - GAP) if good else (OTHER_ERROR, OTHER_ERROR)
    before, after = ((errors.uniform() < rate).astype(np.float64) for rate in rates)
    return before, after


def _cost(errors: _Errors, good: bool) -> tuple[Floats, Floats]:
    worth = np.where(errors.uniform() < 0.5, 1.0, FALSE_ALARM)
    before, after = _zero_one(errors, good)
    return before * worth, after * worth


def _off_by(errors: _Errors, good: bool) -> tuple[Floats, Floats]:
    bias = BIAS if good else 0.0
    before, after = bias + SPREAD * errors.normal(), SPREAD * errors.normal()
    return np.minimum(1.0, np.abs(before)), np.minimum(1.0, np.abs(after))


def _squared(errors: _Errors, good: bool) -> tuple[Floats, Floats]:
    before, after = _off_by(errors, good)
    return before**2, after**2


def _log(errors: _Errors, good: bool) -> tuple[Floats, Floats]:
    before = SURE * errors.normal() if good else SURE + errors.normal()
    after = SURE + errors.normal()
    lost = (np.minimum(1.0, np.log1p(np.exp(-each)) / LOG_SCALE) for each in (before, after))
    first, second = lost
    return first, second


_LOSSES: dict[LossName, Callable[[_Errors, bool], tuple[Floats, Floats]]] = {
    "zero_one": _zero_one,
    "cost": _cost,
    "squared": _squared,
    "absolute": _off_by,
    "log": _log,
}
