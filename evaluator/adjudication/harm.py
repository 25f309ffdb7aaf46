"""Harm to guarded groups on certification rows, in two strengths (docs/science.md, Harm).

"No evidence of harm": the gain's own test, run in the other direction on each guarded group's rows at
min(delta_q, 0.05 / groups). An alarm can only refuse; what it tells is the symbol H, which the ledger's code pays for.

"Certified within tolerance": an intersection-union test. Each group's rise is shown to be at most the tolerance at the
query's own level, whatever the number of groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.betting import Moments, chance_of_bet, choose_bet
from evaluator.adjudication.binomial_bounds import rise_upper_of_counts
from evaluator.adjudication.bounds import is_rise_within, tolerated_sums
from evaluator.adjudication.gain_test import choose_test
from evaluator.adjudication.noise import Noise
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_test import count_changes
from evaluator.decision_list.repairs import Practice, Protected
from evaluator.losses import Loss

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_ALARM_LEVEL = 0.05  # of all the alarms of one query together
_LIKELY = 0.5


def guarded_groups(
    protected: Sequence[Protected], cells: Sequence[Protected], practice: Practice
) -> list[Protected]:
    """The groups whose harm is looked for: declared ones, and accepted ones and declared cells of k practice rows."""
    groups = [group for group in protected if group.declared or practice.guards(group)]
    return groups + [cell for cell in cells if practice.guards(cell)]


def alarm_level(log_inverse_delta: float, groups: int) -> float:
    """The level ln(1 / alpha) of each group's alarm: alpha is the query's own, at most 0.05 / groups."""
    return max(log_inverse_delta, math.log(max(1, groups) / _ALARM_LEVEL))


def is_harm_shown(
    loss_before: Floats,
    loss_after: Floats,
    masks: Sequence[Mask],
    loss: Loss,
    sampling: Sampling,
    log_inverse_delta: float,
) -> bool:
    """Whether any group (bool[m] masks over the same rows as the losses float64[m]) is shown to be served worse.

    `log_inverse_delta` is the query's level. Practice rows say nothing of how strongly a harm should be bet on, so the
    grid alone bets.
    """
    level, test = alarm_level(log_inverse_delta, len(masks)), choose_test(loss, sampling, None)
    return any(
        test.passes(loss_after[mask], loss_before[mask], sampling.of(mask), level)
        for mask in masks
        if mask.any()
    )


def is_harm_within(
    loss_before: Floats,
    loss_after: Floats,
    masks: Sequence[Mask],
    tolerance: float,
    loss: Loss,
    sampling: Sampling,
    log_inverse_delta: float,
) -> bool:
    """Whether every group's mean loss is shown to rise by at most `tolerance`; a group without rows never is.

    By exact binomial bounds or by the bet: evaluator.adjudication.bounds.
    """
    return all(
        is_rise_within(
            loss_before[mask], loss_after[mask], tolerance, loss, sampling.of(mask), log_inverse_delta
        )
        for mask in masks
    )


def is_unsure(
    loss_before: Floats,
    loss_after: Floats,
    group: Protected,
    practice: Practice,
    sampling: Sampling,
    noise: Noise,
    scale: float,
    log_inverse_delta: float,
) -> bool:
    """Whether noised practice cells predict that a block of `scale` times as many rows could not certify the group.

    The losses float64[m] are those of all practice rows.
    """
    mask, tolerance = group.mask[practice.rows], practice.tolerance
    before, after, name = loss_before[mask], loss_after[mask], f"guard:{group.key}"
    held = int(np.count_nonzero(mask))
    if practice.loss.is_zero_one and sampling.is_plain:
        wins, losses = (
            noise.count(f"{name}:{what}", count)
            for what, count in zip(("wins", "losses"), count_changes(before, after), strict=True)
        )
        rows = round(max(noise.count(f"{name}:rows", held), wins + losses) * scale)
        return (
            rows < 1
            or rise_upper_of_counts(wins * scale, losses * scale, rows, log_inverse_delta) > tolerance
        )
    if tolerance >= 1:
        return held < 1
    sums = tolerated_sums(before, after, tolerance, sampling.of(mask))
    units = noise.count(f"{name}:units", len(sums))
    moments = Moments(
        units,
        noise.total(f"{name}:z", math.fsum(sums), signed=True),
        noise.total(f"{name}:z2", math.fsum(sums**2)),
    )
    return (
        units < 1
        or chance_of_bet(moments, round(units * scale), choose_bet(moments), log_inverse_delta) < _LIKELY
    )
