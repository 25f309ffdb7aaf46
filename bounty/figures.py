"""Numbers as pages say them: with a unit, a direction and an uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evaluator.losses import Loss

# The normal quantile of a two-sided 95% interval.
Z = 1.959964


@dataclass(frozen=True)
class Scale:
    """How one kind of loss is written: `word` names it, `factor` and `unit` turn [0, 1] into what is read.

    `meaning` says what is measured, in the words of evaluator.losses.
    """

    word: str
    unit: str
    factor: float
    digits: int
    meaning: str

    def text(self, value: float) -> str:
        return f"{value * self.factor:.{self.digits}f}{self.unit}"

    def change(self, before: float, after: float) -> str:
        """ "2.1 points lower", as far as the digits show; "unchanged" below that."""
        size = f"{abs(before - after) * self.factor:.{self.digits}f}"
        if float(size) == 0:
            return "unchanged"
        points = (" point" if size == "1.0" else " points") if self.unit == "%" else ""
        return f"{size}{points} {'lower' if after < before else 'higher'}"


# What the loss measures is said by Loss.words; here only how a page writes it.
_SCALES = {
    "zero_one": ("error", "%", 100, 1),
    "cost": ("cost", "", 1, 3),
    "squared": ("squared error", "", 1, 4),
    "absolute": ("error", "%", 100, 1),
    "log": ("log loss", "", 1, 3),
}


def scale_of(loss: Loss) -> Scale:
    word, unit, factor, digits = _SCALES[loss.name]
    return Scale(word, unit, factor, digits, loss.words)


def wilson(mean: float, n: float) -> tuple[float, float]:
    """95% Wilson interval of a mean over n independent values in [0, 1].

    Exact in form for 0-1 losses; for other losses in [0, 1] it is too wide at worst, since no variable in
    [0, 1] with this mean varies more than a 0-1 one. n may be fractional (rows counted by unit).
    """
    if n <= 0:
        return 0.0, 1.0
    centre = (mean + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(max(mean * (1 - mean), 0.0) / n + Z * Z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Measured:
    """A mean loss over `rows` rows, `independent` of them independent (units, where rows come in units)."""

    loss: float
    rows: int
    scale: Scale
    independent: float

    @property
    def text(self) -> str:
        return self.scale.text(self.loss)

    @property
    def bounds(self) -> tuple[float, float]:
        return wilson(self.loss, self.independent)

    @property
    def interval(self) -> str:
        """ "17.9-19.1%": the 95% interval."""
        low, high = (f"{b * self.scale.factor:.{self.scale.digits}f}" for b in self.bounds)
        return f"{low}–{high}{self.scale.unit}"
