"""The ledger of a certification block: the level of each query, and the tests at that level (docs/science.md, The
ledger).

A union bound over the transcripts that adaptive strangers could have seen. Query t of a block is tested at
level delta_q; the accept / refuse pattern before it is paid for by its length under the Krichevsky-Trofimov
code (K), and t itself by ln(t (t + 1)), so that all levels that can ever be used sum to at most delta.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.sign_test import count_changes, sign_test_passes, smallest_sign_gain

Floats = npt.NDArray[np.float64]

LOSS_SPAN = 2.0  # a difference of two losses in [0, 1] lies in [-1, 1]


@dataclass(frozen=True)
class LedgerState:
    """The state of a certification block before its next query. `extra_bits` is what else was published from its
    rows.
    """

    queries: int = 0
    accepted: int = 0
    extra_bits: int = 0
    delta: float = 0.05  # of the whole competition
    block_number: int = 1  # from 1

    def __post_init__(self) -> None:
        if not 0 <= self.accepted <= self.queries:
            raise ValueError(f"{self.accepted} accepted of {self.queries} queries cannot be.")
        if not 0 < self.delta < 1 or self.block_number < 1 or self.extra_bits < 0:
            raise ValueError(f"delta {self.delta}, block {self.block_number}, bits {self.extra_bits}")

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, delta: float, block_number: int) -> LedgerState:
        """The state of a block from its stored counts."""
        return cls(data["queries"], data["accepted"], data["extra_bits"], delta, block_number)

    @property
    def block_delta(self) -> float:
        """The block's share of delta: 1 / (b (b + 1)) sums to one over all blocks there can ever be."""
        return self.delta / (self.block_number * (self.block_number + 1))

    def log_inverse_delta(self, checks: int = 1) -> float:
        """The level of the next query, ln(1 / delta_q). `checks` tests that must all be right share the level."""
        t = self.queries + 1
        return (
            math.log(1 / self.block_delta)
            + math.log(t * (t + 1))
            + kt_cost(self.accepted, self.queries - self.accepted)
            + self.extra_bits * math.log(2)
            + math.log(checks)
        )

    def after_query(self, passed: bool, extra_bits: int = 0) -> LedgerState:
        """The state after the next query has been answered."""
        return replace(
            self,
            queries=self.queries + 1,
            accepted=self.accepted + int(passed),
            extra_bits=self.extra_bits + extra_bits,
        )

    def is_spent(self, rows: int, target_gain: float, *, is_zero_one: bool = True, checks: int = 1) -> bool:
        """Whether the smallest gain that could still pass exceeds what the organiser wants certified."""
        smallest = smallest_passing_gain(rows, self, is_zero_one=is_zero_one, checks=checks)
        return smallest is None or smallest > target_gain


def kt_cost(accepted: int, refused: int) -> float:
    """The code length in nats, -ln of the Krichevsky-Trofimov probability of one pattern with so many accepts and
    refusals.
    """
    return -(
        math.lgamma(accepted + 0.5)
        + math.lgamma(refused + 0.5)
        - math.log(math.pi)
        - math.lgamma(accepted + refused + 1)
    )


def pattern_bits(kept: int, dropped: int) -> int:
    """Bits that a pattern of so many entries, kept or dropped, tells of a block's rows."""
    return math.ceil(kt_cost(kept, dropped) / math.log(2) - 1e-9)


def empirical_bernstein_lower(z: Floats, log_inverse_delta: float) -> float:
    """Lower confidence bound on the mean of z, float64[n] in [-1, 1]: Maurer and Pontil 2009, Theorem 4, span 2.

    -inf for fewer than two values.
    """
    n = len(z)
    if n < 2:
        return -math.inf
    return bernstein_lower(float(np.mean(z)), float(np.var(z, ddof=1)), n, log_inverse_delta)


def bernstein_lower(
    mean: float, variance: float, n: int, log_inverse_delta: float, *, span: float = LOSS_SPAN
) -> float:
    """The empirical Bernstein bound from a sample's mean and unbiased variance, for values in an interval of length
    `span`.
    """
    level = log_inverse_delta + math.log(2)
    return mean - math.sqrt(2 * variance * level / n) - 7 * span * level / (3 * (n - 1))


def passes_test(
    loss_before: Floats, loss_after: Floats, *, is_zero_one: bool, log_inverse_delta: float
) -> bool:
    """Whether the drop in mean loss is shown at the level: sign test for 0-1 losses, else Bernstein's bound.

    Losses per row, float64[n] in [0, 1], rows independent (one row a unit).
    """
    if is_zero_one:
        return sign_test_passes(*count_changes(loss_before, loss_after), log_inverse_delta)
    return empirical_bernstein_lower(loss_before - loss_after, log_inverse_delta) > 0


def smallest_passing_gain(
    rows: int, state: LedgerState, *, is_zero_one: bool = True, churn: float = 4.0, checks: int = 1
) -> float | None:
    """The smallest drop in overall loss that would pass the next query on `rows` certification rows.

    `churn` changed rows are assumed for each net row gained, `checks` tests share the level. None where nothing
    could pass.
    """
    level = state.log_inverse_delta(checks)
    if is_zero_one:
        return smallest_sign_gain(rows, level, churn)
    return _smallest_bernstein_gain(rows, level, churn)


def _smallest_bernstein_gain(rows: int, level: float, churn: float) -> float | None:
    """Whole rows won or lost, as in the sign test: variance churn * gain - gain**2."""

    def shown(gain: float) -> bool:
        variance = max(0.0, min(1.0, churn * gain) - gain**2) * rows / (rows - 1)
        return bernstein_lower(gain, variance, rows, level) > 0

    if rows < 2 or not shown(1.0):
        return None
    low, high = 0.0, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
