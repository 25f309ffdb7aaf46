"""Confidence bounds at a ledger's level: on mean losses, and on how much a mean loss rose (docs/science.md, The tests).

A bound is where the betting test turns: the least mean that it does not show to be exceeded. For 0-1 losses of rows
that are their own units bounds are exact (Clopper and Pearson 1934). Levels are ln(1 / alpha), one-sided.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.betting import bet_passes
from evaluator.adjudication.binomial_bounds import rise_upper_of_counts, share_bounds
from evaluator.adjudication.gain_test import name_test
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_test import count_changes
from evaluator.losses import Loss

Floats = npt.NDArray[np.float64]

# Bounds are multiples of this: coarser than what two machines' logarithms differ by, finer than anybody reads.
STEPS = 10**6


def mean_bounds(
    losses: Floats, loss: Loss, sampling: Sampling, log_inverse_delta: float
) -> tuple[float, float]:
    """(lower, upper) confidence bounds on the mean of losses float64[m] in [0, 1], each at the level."""
    if name_test(loss, sampling) == "sign":
        return share_bounds(int(np.count_nonzero(losses)), len(losses), log_inverse_delta)
    low = _mean_lower(losses, sampling, log_inverse_delta)
    return low, 1.0 - _mean_lower(1.0 - losses, sampling, log_inverse_delta)


def rise_upper(
    loss_before: Floats, loss_after: Floats, loss: Loss, sampling: Sampling, log_inverse_delta: float
) -> float:
    """Upper confidence bound on the rise of the mean loss, in [-1, 1], from losses float64[m] of the same rows."""
    if name_test(loss, sampling) == "sign":
        wins, losses = count_changes(loss_before, loss_after)
        return rise_upper_of_counts(wins, losses, len(loss_before), log_inverse_delta)
    # The rise is that of a mean in [0, 1], stretched by two.
    fallen = (1.0 + loss_before - loss_after) / 2
    return 1.0 - 2.0 * _mean_lower(fallen, sampling, log_inverse_delta)


def is_rise_within(
    loss_before: Floats,
    loss_after: Floats,
    tolerance: float,
    loss: Loss,
    sampling: Sampling,
    log_inverse_delta: float,
) -> bool:
    """Whether the mean loss is shown to rise by at most `tolerance`: whether the upper bound on its rise is no higher.
    Of no rows nothing is shown.
    """
    if name_test(loss, sampling) == "sign":
        return rise_upper(loss_before, loss_after, loss, sampling, log_inverse_delta) <= tolerance
    if tolerance >= 1:
        return len(loss_before) > 0
    z = tolerated_sums(loss_before, loss_after, tolerance, sampling)
    return bet_passes(z, None, log_inverse_delta)


def tolerated_sums(loss_before: Floats, loss_after: Floats, tolerance: float, sampling: Sampling) -> Floats:
    """Z of each unit, float64[units] of at least -1, whose mean is above 0 where the mean loss rises by less than what
    is tolerated (below 1).
    """
    return sampling.unit_sums((tolerance + loss_before - loss_after) / (1.0 - tolerance))


def _mean_lower(values: Floats, sampling: Sampling, log_inverse_delta: float) -> float:
    """The largest step of which the bet shows that the mean of `values`, float64[m] in [0, 1], is above it; 0 where it
    shows nothing.

    The bet on x - m, at m, is on (x - m) / m, which is at least -1; it falls as m grows, so that it turns once.
    """
    sums, counts = sampling.unit_sums(values), sampling.unit_sums(np.ones(len(values)))
    if not counts.sum():
        return 0.0
    low, high = 0, min(STEPS, int(STEPS * sums.sum() / counts.sum()) + 1)
    while low < high - 1:
        middle = (low + high) // 2
        mean = middle / STEPS
        shown = bet_passes(np.maximum(-1.0, (sums - mean * counts) / mean), None, log_inverse_delta)
        low, high = (middle, high) if shown else (low, middle)
    return low / STEPS
