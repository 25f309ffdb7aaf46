"""Predictions of the exact sign test from practice counts: its chance of passing on new rows."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, binom

_QUANTILES = (np.arange(15) + 0.5) / 15  # of what the practice counts leave open
_DEEPEST_LEVEL = 700.0  # exp(-level) is still a double; a prediction needs no more


def chance_of_sign_test(wins: int, losses: int, rows: int, certification_rows: int, level: float) -> float:
    """Predicted probability of passing the sign test on new rows, from practice counts.

    Averages over what the counts leave open (Jeffreys' prior): the share of rows that change and the share
    of wins among them.
    """
    changed = wins + losses
    if changed == 0 or certification_rows < 1:
        return 0.0
    # Noised counts may hold more rows than there are.
    rates = beta.ppf(_QUANTILES, changed + 0.5, max(0, rows - changed) + 0.5)
    counts = np.rint(rates * certification_rows).astype(np.int64)
    needed = wins_to_pass(counts, level)
    shares = beta.ppf(_QUANTILES, wins + 0.5, losses + 0.5)
    return float(binom.sf(needed[:, None] - 1, counts[:, None], shares[None, :]).mean())


def wins_to_pass(changed: int | npt.NDArray[np.int64], level: float) -> npt.NDArray[np.int64]:
    """Fewest wins of so many changed rows that pass the sign test, int64; changed + 1 where not even all would do.

    P(Bin >= wins) is P(Bin <= changed - wins), whose quantile keeps its precision far into the tail.
    """
    changed = np.asarray(changed, dtype=np.int64)
    quantile = binom.ppf(math.exp(-min(level, _DEEPEST_LEVEL)), changed, 0.5)
    return changed - np.maximum(quantile, 0).astype(np.int64) + 1
