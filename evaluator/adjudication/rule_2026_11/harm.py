"""Tests of harm to protected groups on certification rows, in two strengths (docs/science.md, Harm).

"No evidence of harm": the gain's own test, run in the other direction on the group's rows at the query's level.
An alarm can only refuse, so it costs no level. What an alarm publishes is another matter: "harm seen" is a third
answer beside accepted and refused. Its place among the refusals is paid for in bits (`alarm_bits`): transcripts with
an alarm get 1/128 of the probability, spread over the refusals by 1 / (i (i + 1)). What the others owe for that
(a factor 128/127) is covered by the blocks' shares, 1 / (b (b + 1)), which over at most 127 blocks sum to at
most 127/128. A later block's alarm is published as a plain refusal.

"Certified within tolerance": an upper bound on each group's harm must be at most the tolerance. The bounds and the
gain's test share the query's level; what is published stays one bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.binomial_bounds import rise_upper_of_counts
from evaluator.adjudication.rule_2026_11.bounds import rise_upper
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, bernstein_lower, passes_test
from evaluator.adjudication.sign_test import count_changes

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_ALARM_PRIOR_BITS = 7
_MOST_BLOCKS = 127


def is_harm_shown(
    loss_before: Floats,
    loss_after: Floats,
    masks: Sequence[Mask],
    *,
    is_zero_one: bool,
    log_inverse_delta: float,
) -> bool:
    """Whether any group (bool[m] masks over the same rows as the losses float64[m]) is shown to be served worse."""
    if is_zero_one:  # a sign test looks at no row that stays as it was
        changed = np.flatnonzero(loss_before != loss_after)
        loss_before, loss_after = loss_before[changed], loss_after[changed]
        masks = [mask[changed] for mask in masks]
    return any(
        passes_test(
            loss_after[mask], loss_before[mask], is_zero_one=is_zero_one, log_inverse_delta=log_inverse_delta
        )
        for mask in masks
    )


def is_harm_within(
    loss_before: Floats,
    loss_after: Floats,
    masks: Sequence[Mask],
    tolerance: float,
    *,
    is_zero_one: bool,
    log_inverse_delta: float,
) -> bool:
    """Whether every group's mean loss is shown to rise by at most `tolerance`; a group without rows never is."""
    return all(
        rise_upper(
            loss_before[mask], loss_after[mask], is_zero_one=is_zero_one, log_inverse_delta=log_inverse_delta
        )
        <= tolerance
        for mask in masks
    )


def predict_harm_bound(
    loss_before: Floats, loss_after: Floats, scale: float, *, is_zero_one: bool, log_inverse_delta: float
) -> float:
    """The predicted bound on a group's harm for `scale` times as many certification rows as it has practice rows."""
    rows = round(len(loss_before) * scale)
    if len(loss_before) < 2 or rows < 2:
        return 1.0
    if is_zero_one:
        wins, losses = count_changes(loss_before, loss_after)
        return rise_upper_of_counts(wins * scale, losses * scale, rows, log_inverse_delta)
    gain = loss_before - loss_after
    return -bernstein_lower(float(np.mean(gain)), float(np.var(gain, ddof=1)), rows, log_inverse_delta)


def alarm_bits(state: LedgerState) -> int | None:
    """Bits to charge for publishing an alarm at the next query; None where it must pass as a plain refusal."""
    if state.block_number > _MOST_BLOCKS:
        return None
    place = state.queries - state.accepted + 1
    return _ALARM_PRIOR_BITS + math.ceil(math.log2(place * (place + 1)))
