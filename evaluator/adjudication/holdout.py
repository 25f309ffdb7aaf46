"""The certification blocks of a holdout, and the smallest gain over all rows that each can show.

What a patch changes is assumed: `CHURN` rows for each one gained, each by the size that the loss at hand moves by. The
test is the one that will be asked: the exact sign test for 0-1 losses of rows that are their own units, else the bet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.betting import Moments, expected_log_wealth
from evaluator.adjudication.ledger import BlockLedger, block_delta
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_test import log_binomial_tail, smallest_sign_gain

# Changed rows for each net row gained.
CHURN = 4.0
# The chance that a query is supposed to be predicted with; three of four are accepted then.
CHANCE = 0.75
_GAIN_STEP = 1e-7
# A bet is a share of the capital below 1, so that no level is reached for nothing.
_LARGEST_BET = 0.99


@dataclass(frozen=True)
class BlockRows:
    """The rows of one certification block, and how they count in its tests. `weight`: the mean w of its units, where
    some were drawn more often than others.
    """

    rows: int
    units: int | None = None  # None where every row is its own
    unit_rows: int = 1  # M
    weight: float | None = None

    @classmethod
    def from_sampling(cls, sampling: Sampling, rows: int) -> BlockRows:
        """The rows of a split with this sampling."""
        weight = None if sampling.weight is None else float(sampling.weight.mean())
        units = None if sampling.unit is None else sampling.count_units(rows)
        return cls(rows, units, sampling.unit_rows, weight)

    @property
    def is_plain(self) -> bool:
        """Whether rows are their own units and count alike."""
        return self.units is None and self.weight is None

    @property
    def counted(self) -> int:
        """How many units its tests count."""
        return self.rows if self.units is None else self.units


@dataclass(frozen=True)
class Holdout:
    """The blocks of a competition, block 1 first, and the rule that tests them."""

    blocks: tuple[BlockRows, ...]
    delta: float
    is_zero_one: bool = True
    rule_version: int = 2
    fixed_blocks: int | None = None  # B; None where more blocks may be added
    size: float = 1.0  # by how much the loss of a changed row moves
    checks: int = 1  # tests that share a level, by the rule of 2026-11

    def level(self, number: int, queries: int, accepted: int) -> float:
        """The level ln(1 / delta_q) of the query after so many, of which so many were accepted."""
        if self.rule_version == 1:
            return self._state(number, queries, accepted).log_inverse_delta(self.checks)
        ledger = BlockLedger(block_delta(self.delta, number, self.fixed_blocks))
        for place in range(queries):
            ledger = ledger.after("A" if place < accepted else "R", CHANCE)
        return ledger.level(CHANCE)

    def gain_after(self, number: int, queries: int, accepted: int) -> float | None:
        """The smallest gain that passes the query after so many; None where none could."""
        if self.rule_version == 1:
            state = self._state(number, queries, accepted)
            rows = self.blocks[number - 1].rows
            return smallest_passing_gain(rows, state, is_zero_one=self.is_zero_one, checks=self.checks)
        return self.gain_at(number, self.level(number, queries, accepted))

    def gain_at(self, number: int, level: float) -> float | None:
        """The smallest gain that the present rule's test shows at a level; None where none could."""
        block = self.blocks[number - 1]
        if self.is_zero_one and block.is_plain:
            return smallest_sign_gain(block.rows, level, CHURN)
        return _smallest(self.size, lambda gain: self._bet_shows(block, gain, level, CHURN))

    def shows_all(self, base_loss: float) -> bool:
        """Whether a first patch that made the base model lose nothing at all would pass."""
        if not self.blocks or base_loss <= 0:
            return False
        block, level = self.blocks[0], self.level(1, 0, 0)
        if self.is_zero_one and block.is_plain:
            won = math.floor(base_loss * block.rows)
            return log_binomial_tail(won, won) <= -level
        return self._bet_shows(block, base_loss, level, 1.0)

    def with_rows(self, rows: int) -> Holdout:
        """The holdout with one block of so many rows, whose units are as large as the first block's."""
        first = self.blocks[0]
        units = None if first.units is None else max(1, round(rows * first.units / max(1, first.rows)))
        return replace(self, blocks=(replace(first, rows=rows, units=units),))

    def rows_to_certify(self, tolerance: float) -> int | None:
        """Rows of a protected group from which on a first query of the bet can show that its loss rose by at most
        this, where no answer of its changes; None for no number.
        """
        if tolerance <= 0:
            return None
        growth = math.log1p(_LARGEST_BET * tolerance / (1 + tolerance))
        return math.ceil((self.level(1, 0, 0) + math.log(2)) / growth)

    def _state(self, number: int, queries: int, accepted: int) -> LedgerState:
        return LedgerState(queries, accepted, 0, self.delta, number)

    def _bet_shows(self, block: BlockRows, gain: float, level: float, churn: float) -> bool:
        """Whether the bet is expected to show it, where the rows of a unit change alike."""
        share = block.rows / max(1, block.counted) / block.unit_rows * (block.weight or 1.0)
        second = min(self.size**2, max(churn * gain * self.size, gain**2))
        moments = Moments(1, gain * share, second * share**2)
        return expected_log_wealth(moments, block.counted) >= level


def typical_size(losses: npt.NDArray[np.float64]) -> float:
    """By how much a changed row's loss is supposed to move, from a model's losses float64[n]: the mean of what rows
    lose now, each counted for as much as it loses; 1 for a 0-1 loss.
    """
    total = float(np.sum(losses))
    return min(1.0, float(np.sum(losses**2)) / total) if total > 0 else 1.0


def _smallest(most: float, shown: Callable[[float], bool]) -> float | None:
    if not shown(most):
        return None
    low, high = 0.0, most
    while high - low > _GAIN_STEP:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
