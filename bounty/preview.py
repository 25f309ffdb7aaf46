"""What a group looks like on the explore rows, which are public: size, and the head's loss there and elsewhere.

Never reads a secret row, so it costs nothing and may be asked as often as the rate limit lets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.core.cache import cache

from bounty import artifacts
from evaluator.expressions import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bounty.models import Competition

# Two-sided 95% of the normal distribution.
Z95 = 1.959964
# A person typing makes one request a pause; this stops scripts, not people.
PREVIEWS, PER_SECONDS = 60, 30


class Interval(NamedTuple):
    """A mean and its 95% interval, in loss units."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Preview:
    """A group on explore rows. `inside`, `outside`, `gap` are None where one side is empty."""

    words: str
    text: str
    rows: int
    of_rows: int
    smallest: int
    inside: Interval | None
    outside: Interval | None
    gap: Interval | None

    @property
    def share(self) -> float:
        return self.rows / self.of_rows if self.of_rows else 0.0

    @property
    def too_small(self) -> bool:
        return self.rows < self.smallest

    @property
    def verdict(self) -> str:
        """One of: empty, everyone, small, worse, better, unclear."""
        if self.rows == 0:
            return "empty"
        if self.gap is None:
            return "everyone"
        if self.too_small:
            return "small"
        if self.gap.low > 0:
            return "worse"
        return "better" if self.gap.high < 0 else "unclear"


def preview(competition: Competition, text: str) -> Preview:
    """Look at one expression on the explore rows.

    Raises evaluator.errors.ParticipantError (bad_expression) with what is wrong in the text and where.
    """
    expression = parse(text, competition.schema)
    explore = competition.layout.rows_of("explore")
    mask = expression.mask(artifacts.public_features(competition).iloc[explore])
    loss = artifacts.array(competition.head().head_loss)[explore]
    inside, outside, gap = compare(loss, mask, artifacts.units(competition, "explore"))
    return Preview(
        words=expression.words(),
        text=expression.text,
        rows=int(mask.sum()),
        of_rows=len(mask),
        smallest=competition.smallest_group,
        inside=inside,
        outside=outside,
        gap=gap,
    )


def within_rate(who: str) -> bool:
    """Count one preview of this person; False once there were too many in a short time."""
    key = f"preview:{who}"
    if cache.add(key, 1, PER_SECONDS):
        return True
    try:
        return cache.incr(key) <= PREVIEWS
    except ValueError:  # expired between the two calls
        return True


def compare(
    loss: NDArray[np.float64], mask: NDArray[np.bool_], units: NDArray[np.int64] | None = None
) -> tuple[Interval | None, Interval | None, Interval | None]:
    """Mean loss inside the group, outside it, and their difference, each with a 95% normal interval.

    Parameters
    ----------
    loss, mask : arrays of shape (n,)
        Loss per row in [0, 1]; whether the row is in the group.
    units : array of shape (n,), optional
        Whom a row belongs to; rows of one person are counted together, because they are not independent.
    """
    if not mask.any():
        return None, _mean(loss, ~mask, units), None
    if mask.all():
        return _mean(loss, mask, units), None, None
    inside, outside = _mean(loss, mask, units), _mean(loss, ~mask, units)
    influence = _influence(loss, mask) - _influence(loss, ~mask)
    difference = inside.mean - outside.mean
    spread = Z95 * _standard_error(influence, units)
    return inside, outside, Interval(difference, difference - spread, difference + spread)


def _mean(loss: NDArray[np.float64], mask: NDArray[np.bool_], units: NDArray[np.int64] | None) -> Interval:
    mean = float(loss[mask].mean())
    spread = Z95 * _standard_error(_influence(loss, mask), units)
    return Interval(mean, max(0.0, mean - spread), min(1.0, mean + spread))


def _influence(loss: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much each row moves the mean over the mask: sums to zero."""
    return np.where(mask, loss - loss[mask].mean(), 0.0) / mask.sum()


def _standard_error(influence: NDArray[np.float64], units: NDArray[np.int64] | None) -> float:
    """Of a mean, from its influences; summed by unit first (cluster-robust) where units are known."""
    if units is not None:
        _, codes = np.unique(units, return_inverse=True)
        influence = np.bincount(codes, weights=influence)
    moved = max(np.count_nonzero(influence), 2)
    return float(np.sqrt((influence**2).sum() * moved / (moved - 1)))
