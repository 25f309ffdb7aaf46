"""Losses as pages write them: with a unit, a direction and an interval of uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from evaluator.losses import Loss

# The normal quantile of a two-sided 95% interval.
NORMAL_QUANTILE = 1.959964


@dataclass(frozen=True)
class LossScale:
    """The format of one kind of loss: `word` names it, `factor` and `unit` turn [0, 1] into what is read.

    `meaning` says what is measured, in the words of evaluator.losses.
    """

    word: str
    unit: str
    factor: float
    digits: int
    meaning: str

    def format(self, value: float) -> str:
        """A loss as "18.5%", with the scale's unit and digits."""
        return f"{value * self.factor:.{self.digits}f}{self.unit}"

    def format_difference(self, difference: float, *, digits: int | None = None) -> str:
        """A difference as "2.1 points"; losses that are no percentages have no unit."""
        size = f"{difference * self.factor:.{self.digits if digits is None else digits}f}"
        if self.unit != "%":
            return size
        return ngettext("%(size)s point", "%(size)s points", 1 if float(size) == 1 else 2) % {"size": size}

    def is_same(self, before: float, after: float) -> bool:
        """Whether no difference shows in as many digits as are written."""
        return float(f"{abs(before - after) * self.factor:.{self.digits}f}") == 0

    def describe_change(self, before: float, after: float) -> str:
        """A change as "2.1 points lower", as far as the digits show; "unchanged" below that."""
        if self.is_same(before, after):
            return _("unchanged")
        size = self.format_difference(abs(before - after))
        return (_("%(size)s lower") if after < before else _("%(size)s higher")) % {"size": size}


# As evaluator.losses says what a loss measures; that package knows no languages.
_MEANINGS = (
    gettext_noop("share of wrong answers"),
    gettext_noop("cost of wrong answers, as a share of the worst"),
    gettext_noop("squared error, as a share of the squared label range"),
    gettext_noop("absolute error, as a share of the label range"),
    gettext_noop("log loss divided by ln 1000, at most 1 a row"),
)
# What the loss measures is said by Loss.words; here how a page writes it, in the reader's language.
_SCALES = {
    "zero_one": (gettext_lazy("error"), "%", 100, 1),
    "cost": (gettext_lazy("cost"), "", 1, 3),
    "squared": (gettext_lazy("squared error"), "", 1, 4),
    "absolute": (gettext_lazy("error"), "%", 100, 1),
    "log": (gettext_lazy("log loss"), "", 1, 3),
}


def scale_of(loss: Loss) -> LossScale:
    """The format of a loss, in the reader's language."""
    word, unit, factor, digits = _SCALES[loss.name]
    return LossScale(str(word), unit, factor, digits, _(loss.words))


def wilson_interval(mean: float, n: float) -> tuple[float, float]:
    """The 95% Wilson interval of a mean over n independent values in [0, 1].

    Exact in form for 0-1 losses; for other losses in [0, 1] it is too wide at worst, since no variable in
    [0, 1] with this mean varies more than a 0-1 one. n may be fractional (rows counted by unit).
    """
    if n <= 0:
        return 0.0, 1.0
    z = NORMAL_QUANTILE
    centre = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(mean * (1 - mean), 0.0) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class MeasuredLoss:
    """A mean loss over `rows` rows, `independent` of them independent (units, where rows come in units)."""

    loss: float
    rows: int
    scale: LossScale
    independent: float

    @property
    def text(self) -> str:
        return self.scale.format(self.loss)

    @property
    def bounds(self) -> tuple[float, float]:
        """The 95% interval as two losses."""
        return wilson_interval(self.loss, self.independent)

    @property
    def interval(self) -> str:
        """The 95% interval in words, as "17.9–19.1%"."""
        low, high = (f"{b * self.scale.factor:.{self.scale.digits}f}" for b in self.bounds)
        return f"{low}–{high}{self.scale.unit}"
