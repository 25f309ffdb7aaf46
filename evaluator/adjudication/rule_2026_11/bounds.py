"""Confidence bounds at a ledger's level: on mean losses, and on how much worse or better a group is served.

Rows are independent (one row a unit); levels are ln(1 / alpha), one-sided. 0-1 losses get exact binomial bounds
(Clopper and Pearson 1934), other losses in [0, 1] the empirical Bernstein bound (Maurer and Pontil 2009, Theorem 4).
"""

from __future__ import annotations

import numpy as np

from evaluator.adjudication.binomial_bounds import rise_upper_of_counts, share_bounds
from evaluator.adjudication.rule_2026_11.ledger import Floats, bernstein_lower, empirical_bernstein_lower
from evaluator.adjudication.sign_test import count_changes


def mean_bounds(losses: Floats, *, is_zero_one: bool, log_inverse_delta: float) -> tuple[float, float]:
    """(lower, upper) confidence bounds on the mean of losses float64[n] in [0, 1], each at the level."""
    if is_zero_one:
        return share_bounds(int(np.count_nonzero(losses)), len(losses), log_inverse_delta)
    if len(losses) < 2:
        return 0.0, 1.0
    mean, variance, n = float(np.mean(losses)), float(np.var(losses, ddof=1)), len(losses)
    low = bernstein_lower(mean, variance, n, log_inverse_delta, span=1.0)
    high = 1.0 - bernstein_lower(1.0 - mean, variance, n, log_inverse_delta, span=1.0)
    return max(0.0, low), min(1.0, high)


def rise_upper(
    loss_before: Floats, loss_after: Floats, *, is_zero_one: bool, log_inverse_delta: float
) -> float:
    """Upper confidence bound on the rise of the mean loss, in [-1, 1], from losses float64[n] of the same rows."""
    if is_zero_one:
        wins, losses = count_changes(loss_before, loss_after)
        return rise_upper_of_counts(wins, losses, len(loss_before), log_inverse_delta)
    return min(1.0, -empirical_bernstein_lower(loss_before - loss_after, log_inverse_delta))
