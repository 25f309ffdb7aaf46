"""Exact binomial bounds at a ledger's level: on a share of rows, and on the rise of a 0-1 loss (Clopper and Pearson
1934).

Rows are their own units and count alike; levels are ln(1 / alpha), one-sided.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import betainc

from evaluator.adjudication.fewest import fewest

# exp(-level) is still a double; a test at a deeper level is not made, and its bound says nothing.
DEEPEST_LEVEL = 690.0


def share_bounds(count: int, rows: int, log_inverse_delta: float) -> tuple[float, float]:
    """(lower, upper) confidence bounds on a probability of which `count` of `rows` rows are a sample (Clopper and
    Pearson 1934); each holds at the level.
    """
    if rows < 1 or log_inverse_delta > DEEPEST_LEVEL:
        return 0.0, 1.0
    alpha = math.exp(-log_inverse_delta)
    # Where P(Bin >= count) and P(Bin <= count) fall to alpha; scipy's own inverse gives up so far out.
    low = _bisected(lambda p: betainc(count, rows - count + 1, p) > alpha)[0] if count > 0 else 0.0
    high = _bisected(lambda p: betainc(rows - count, count + 1, 1 - p) <= alpha)[1] if count < rows else 1.0
    return low, high


def _bisected(holds: Callable[[float], bool]) -> tuple[float, float]:
    """Two neighbours of the point in [0, 1] from which on it holds."""
    below, above = 0.0, 1.0
    for _ in range(40):
        middle = (below + above) / 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return below, above


def rise_upper_of_counts(wins: float, losses: float, rows: int, log_inverse_delta: float) -> float:
    """Upper confidence bound on the rise of a mean 0-1 loss: rows made wrong less rows put right, each at half the
    error.

    Where few rows change this is much tighter than a bound that does not know it.
    """
    level = log_inverse_delta + math.log(2)
    lost = share_bounds(round(losses), rows, level)[1]
    won = share_bounds(round(wins), rows, level)[0]
    return lost - won


def rows_needed(tolerance: float, log_inverse_delta: float, changed: float = 0.0) -> int | None:
    """Fewest rows of a group for which the bound on harm can be at most `tolerance` (0-1 loss).

    `changed`: the share of its answers that change, for better and for worse alike. None above a billion.
    """

    def enough(rows: int) -> bool:
        each = rows * changed / 2
        return rise_upper_of_counts(each, each, rows, log_inverse_delta) <= tolerance

    if tolerance <= 0:
        return None
    return fewest(enough, 10**9)
