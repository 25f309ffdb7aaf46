"""The test of a gain on certification rows: the exact sign test, or the betting test (docs/science.md, The tests)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.betting import Moments, bet_passes, choose_bet
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_test import count_changes, sign_test_passes
from evaluator.losses import Loss

Floats = npt.NDArray[np.float64]
TestName = Literal["sign", "bet"]


@dataclass(frozen=True)
class GainTest:
    """The test of one query, fixed before a block's labels are read. `weight` is L of the betting test, chosen on
    practice rows; None of the sign test, and where the grid alone shall bet.
    """

    name: TestName
    weight: float | None = None

    def passes(
        self, loss_before: Floats, loss_after: Floats, sampling: Sampling, log_inverse_delta: float
    ) -> bool:
        """Whether the fall of the mean loss is shown at the level, of losses float64[m] in [0, 1] of a block's rows.

        Raises ValueError for a sign test of rows that are not their own units, or do not count alike.
        """
        if self.name == "bet":
            z = unit_differences(loss_before, loss_after, sampling)
            return bet_passes(z, self.weight, log_inverse_delta)
        if not sampling.is_plain:
            raise ValueError("The sign test is valid only where rows are their own units and count alike.")
        return sign_test_passes(*count_changes(loss_before, loss_after), log_inverse_delta)


def name_test(loss: Loss, sampling: Sampling) -> TestName:
    """Which test a loss and a sampling ask for: `sign` for 0-1 losses of rows that are their own units."""
    return "sign" if loss.is_zero_one and sampling.is_plain else "bet"


def choose_test(loss: Loss, sampling: Sampling, moments: Moments | None) -> GainTest:
    """The test of a gain. `moments` are practice sums of Z, from which the bet is chosen; without them the grid alone
    bets.
    """
    if name_test(loss, sampling) == "sign":
        return GainTest("sign")
    return GainTest("bet", None if moments is None else choose_bet(moments))


def unit_differences(loss_before: Floats, loss_after: Floats, sampling: Sampling) -> Floats:
    """Z of each unit, float64[units]: above 0 where the loss fell."""
    return sampling.unit_sums(np.asarray(loss_before - loss_after, dtype=np.float64))
