"""Whether certification rows show harm to a protected group (docs/science.md, Harm).

The gain's own test, run in the other direction on the group's rows at the query's level. An alarm can only
refuse, so it costs no level. What an alarm publishes is another matter: "harm seen" is a third answer beside
accepted and refused. Its place among the refusals is paid for in bits (`alarm_bits`): transcripts with an
alarm get 1/128 of the probability, spread over the refusals by 1 / (i (i + 1)). What the others owe for that
(a factor 128/127) is covered by the blocks' shares, 1 / (b (b + 1)), which over at most 127 blocks sum to at
most 127/128. A later block's alarm is published as a plain refusal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evaluator.ledger import LedgerState, passes

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_ALARM_PRIOR_BITS = 7
_MOST_BLOCKS = 127


def harmed(
    loss_before: Floats,
    loss_after: Floats,
    masks: Sequence[Mask],
    *,
    is_zero_one: bool,
    log_inverse_delta: float,
) -> bool:
    """Whether any group (bool[m] masks over the same rows as the losses) is shown to be served worse."""
    return any(
        passes(
            loss_after[mask], loss_before[mask], is_zero_one=is_zero_one, log_inverse_delta=log_inverse_delta
        )
        for mask in masks
    )


def alarm_bits(state: LedgerState) -> int | None:
    """Bits to charge for publishing an alarm at the next query; None where it must pass as a plain refusal."""
    if state.block_number > _MOST_BLOCKS:
        return None
    place = state.queries - state.accepted + 1
    return _ALARM_PRIOR_BITS + math.ceil(math.log2(place * (place + 1)))
