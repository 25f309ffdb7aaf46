"""The exact sign test of a 0-1 loss: its tail probability, its verdict, and the wins and losses that it counts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from scipy.stats import binom

Floats = npt.NDArray[np.float64]

_TINY = 1e-280  # below this, scipy's tail leaves the range of a double and its logarithm is summed instead


def log_binomial_tail(changed: int, wins: int) -> float:
    """The log tail probability ln P(Bin(changed, 1/2) >= wins), accurate far into the tail."""
    if wins <= 0:
        return 0.0
    if wins > changed:
        return -math.inf
    tail = float(binom.sf(wins - 1, changed, 0.5))
    if tail > _TINY:
        return math.log(tail)
    # So far out each term is less than `ratio` of the one before: after e^-40 of the first nothing is left to add.
    ratio = (changed - wins) / (wins + 1)
    terms = min(changed - wins, math.ceil(40 / (1 - ratio))) + 1
    return float(logsumexp(binom.logpmf(np.arange(wins, wins + terms), changed, 0.5)))


def sign_test_passes(wins: int, losses: int, log_inverse_delta: float) -> bool:
    """Whether the exact sign test shows that wins outweigh losses. Valid at any number of changed rows, if rows are
    independent.
    """
    return log_binomial_tail(wins + losses, wins) <= -log_inverse_delta


def count_changes(loss_before: Floats, loss_after: Floats) -> tuple[int, int]:
    """(wins, losses): rows whose loss fell, rows whose loss rose, of losses float64[n]."""
    wins = int(np.count_nonzero(loss_after < loss_before))
    return wins, int(np.count_nonzero(loss_after > loss_before))


def smallest_sign_gain(rows: int, log_inverse_delta: float, churn: float) -> float | None:
    """The smallest share of net wins among so many rows that the sign test shows, where `churn` rows change for each
    net win; None where none could be shown.
    """

    def shown(net: int) -> bool:
        changed = min(rows, round(churn * net))
        return log_binomial_tail(changed, (changed + net + 1) // 2) <= -log_inverse_delta

    if rows < 1 or not shown(rows):
        return None
    low, high = 1, rows
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle + 1, high)
    return low / rows
