"""The smallest gain over all rows that a competition's blocks can show: now, at each query, and as ledgers fill.

By the rule that the competition opened with: this module chooses.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from bounty.ledger.blocks import count_checks
from bounty.ledger.holdout import holdout_of
from bounty.ledger.present_block import block_ledger
from bounty.models import CertificationBlock, Competition, LedgerQuery
from evaluator.adjudication.holdout import CHANCE, Holdout
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.planner import ACCEPTED_SHARE
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain


class SmallestGains:
    """The smallest passing gains of a competition's blocks; None stands for "nothing could pass"."""

    def __init__(self, competition: Competition) -> None:
        self._competition = competition
        self._by_old_rule = competition.rule_version == 1
        holdout = holdout_of(competition)
        self._holdout = replace(holdout, checks=count_checks(competition)) if self._by_old_rule else holdout
        self._ledgers: dict[int, BlockLedger] = {}

    def of_next_query(self, block: CertificationBlock, more: int = 0) -> float | None:
        """What the block's next query would have to show, or the one after so many more, three of four accepted."""
        accepted = int(ACCEPTED_SHARE * more)
        if self._by_old_rule:
            return self._of_old_state(
                block, block.queries + more, block.accepted + accepted, block.extra_bits
            )
        ledger = self._ledger(block)
        for place in range(more):
            ledger = ledger.after("A" if place < accepted else "R", CHANCE)
        return _gain_at(self._holdout, block.number, ledger.level(CHANCE))

    def of_asked(self, query: LedgerQuery, block: CertificationBlock) -> float | None:
        """What a query that was asked had to show."""
        if self._by_old_rule:
            return self._of_old_state(block, query.number - 1, query.accepted_before, query.extra_bits)
        return _gain_at(self._holdout, block.number, query.log_inverse_delta)

    def of_first_block(self, queries: int, accepted: int) -> float | None:
        """What the first block's query after so many would have to show, of which so many were accepted."""
        return _gain_after(self._holdout, queries, accepted)

    def _of_old_state(
        self, block: CertificationBlock, queries: int, accepted: int, bits: int
    ) -> float | None:
        state = LedgerState(queries, accepted, bits, self._holdout.delta, block_number=block.number)
        return _old_gain(block.rows, state, self._holdout.is_zero_one, self._holdout.checks)

    def _ledger(self, block: CertificationBlock) -> BlockLedger:
        if block.pk not in self._ledgers:
            self._ledgers[block.pk] = block_ledger(self._competition, block)
        return self._ledgers[block.pk]


@lru_cache(maxsize=1024)
def _gain_at(holdout: Holdout, number: int, level: float) -> float | None:
    return holdout.gain_at(number, level)


@lru_cache(maxsize=1024)
def _gain_after(holdout: Holdout, queries: int, accepted: int) -> float | None:
    return holdout.gain_after(1, queries, accepted)


@lru_cache(maxsize=1024)
def _old_gain(rows: int, state: LedgerState, is_zero_one: bool, checks: int) -> float | None:
    return smallest_passing_gain(rows, state, is_zero_one=is_zero_one, checks=checks)
