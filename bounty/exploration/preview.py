"""Preview of a group on the explore rows, which are public: size, and the head's loss there and elsewhere.

Never reads a secret row, so it costs nothing and may be asked as often as the rate limit lets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.http import HttpRequest

from bounty.core import artifacts
from bounty.core.measures import LossScale, wilson_interval
from bounty.core.rate_limits import is_within_rate
from evaluator.expressions import parse_expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bounty.models import Competition


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


def preview_group(competition: Competition, text: str) -> Preview:
    """Preview of one expression on the explore rows.

    Raises evaluator.errors.ParticipantError (bad_expression) with what is wrong in the text and where.
    """
    expression = parse_expression(text, competition.schema)
    explore = competition.layout.rows_of("explore")
    mask = expression.mask(artifacts.read_public_features(competition).iloc[explore])
    loss = artifacts.read_array(competition.head().stored_head_loss)[explore]
    inside, outside, gap = compare_losses(loss, mask, artifacts.read_units(competition, "explore"))
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


def is_within_preview_rate(who: str) -> bool:
    """Counts one preview of this person; False once there were too many in a short time."""
    return is_within_rate(f"preview:{who}", PREVIEWS, PER_SECONDS)


def rate_limit_key(request: HttpRequest) -> str:
    """The person or address whose previews are counted together."""
    return str(request.user.pk) if request.user.is_authenticated else str(request.META.get("REMOTE_ADDR", ""))


def compare_losses(
    loss: NDArray[np.float64], mask: NDArray[np.bool_], units: NDArray[np.int64] | None = None
) -> tuple[Interval | None, Interval | None, Interval | None]:
    """Mean loss inside the group, outside it, and their difference, each with a 95% interval.

    Wilson's intervals, and Newcombe's for the difference: honest for small groups and for losses near 0 or 1.

    Parameters
    ----------
    loss, mask : arrays of shape (n,)
        Loss per row in [0, 1]; whether the row is in the group.
    units : array of shape (n,), optional
        Whom a row belongs to. Rows of one person count once together (cautious: as if they agreed).
    """
    inside, outside = _mean(loss, mask, units), _mean(loss, ~mask, units)
    return inside, outside, newcombe_interval(inside, outside)


def newcombe_interval(inside: Interval | None, outside: Interval | None) -> Interval | None:
    """Newcombe's interval of the difference of two means; None where one of them is missing."""
    if inside is None or outside is None:
        return None
    gap = inside.mean - outside.mean
    low = gap - math.hypot(inside.mean - inside.low, outside.high - outside.mean)
    high = gap + math.hypot(inside.high - inside.mean, outside.mean - outside.low)
    return Interval(gap, low, high)


def _mean(
    loss: NDArray[np.float64], mask: NDArray[np.bool_], units: NDArray[np.int64] | None
) -> Interval | None:
    if not mask.any():
        return None
    independent = int(mask.sum()) if units is None else len(np.unique(units[mask]))
    return mean_interval(float(loss[mask].mean()), independent)


def mean_interval(mean: float, independent: int) -> Interval:
    """A mean over so many independent rows, with Wilson's interval."""
    return Interval(mean, *wilson_interval(mean, independent))


def interval_in_words(interval: Interval | None, scale: LossScale, *, signed: bool) -> dict[str, str] | None:
    """Text and interval of a mean, "18.5%" and "(17.9 to 19.1)"; a difference is given in points and with its sign."""
    if interval is None:
        return None
    mean, low, high = (
        f"{value * scale.factor:{'+' if signed else ''}.{scale.digits}f}" for value in interval
    )
    unit = " points" if signed and scale.unit == "%" else scale.unit
    return {"text": f"{mean}{unit}", "interval": f"({low} to {high})"}
