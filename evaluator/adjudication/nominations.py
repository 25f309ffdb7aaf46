"""Limits of findings that count for points (docs/science.md, Points), the Jaccard index, and Holm's p-values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

LARGEST_SHARE = 0.25
LARGEST_OVERLAP = 0.8
MOST_COUNTED = 10


def jaccard(a: Mask, b: Mask) -> float:
    """The Jaccard index of two masks, rows in both over rows in either; 0 where both are empty."""
    either = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / either if either else 0.0


def own_part(mask: Mask, earlier: Sequence[Mask]) -> Mask:
    """The rows of a finding in no earlier finding that counts, bool[n]: it is judged and paid on these alone."""
    return mask & ~np.logical_or.reduce(earlier) if len(earlier) else mask


def nomination_refusal(
    *, rows: int, smallest_group: int, weight: float, overlap: float, team_counted: int
) -> str:
    """Why a finding does not count for points even if the model does worse there; "" where it does."""
    if rows < smallest_group:
        return f"it holds {rows} practice rows and {smallest_group} are needed"
    if weight > LARGEST_SHARE:
        return f"it holds {weight:.0%} of the rows and at most {LARGEST_SHARE:.0%} may be"
    if overlap >= LARGEST_OVERLAP:
        return f"{overlap:.0%} of it was found before"
    if team_counted >= MOST_COUNTED:
        return f"the team's {MOST_COUNTED} findings that count are used up"
    return ""


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (Holm 1979), in the order given.

    Not statsmodels' multipletests, which collects garbage at every call: most of a verdict's time.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return [float(value) for value in adjusted]
