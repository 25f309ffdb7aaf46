"""The blocks' ledgers recomputed from the chain, and which block is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bounty.hash_chain.encoding import version_of
from bounty.hash_chain.query_seal import seal_query
from bounty.ledger import present_block
from bounty.ledger.holdout import UNKNOWN_SIZE, holdout_of
from bounty.models import CertificationBlock, Competition
from bounty.verification.differences import require_equal
from evaluator.adjudication.case import QueryResult
from evaluator.adjudication.ledger import Asked, BlockLedger, Retested, block_delta
from evaluator.adjudication.rule_2026_11 import acceptance as rule_2026_11
from evaluator.adjudication.rule_2026_11.ledger import LedgerState

NO_LEDGER = {"queries": 0, "accepted": 0, "extra_bits": 0}

State = CertificationBlock.State


@dataclass(frozen=True)
class Rotation:
    """The rotation of blocks: the rule, the list's length and what was asked, which say when the open one is spent
    (bounty.ledger.blocks).
    """

    competition: Competition
    rule: Mapping[str, Any]
    accepted: int
    budget: Budget

    def states(self, blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, str] | None:
        """Returns each block's state after these charges; None where an older entry does not say the rule."""
        if "target_gain" not in self.rule:
            return None
        states = {key: blocks[key].get("state", State.WAITING) for key in sorted(blocks, key=int)}
        present = next((key for key, state in states.items() if state == State.OPEN), None)
        following = next((key for key, state in states.items() if state == State.WAITING), None)
        by_old_rule = version_of(self.rule) == 1
        if present is None or (following is None and by_old_rule):
            return states
        spent = self._is_spent_by_2026_11 if by_old_rule else self._is_spent
        if spent(present, blocks[present]):
            states[present] = State.RETIRED
            if following is not None:
                states[following] = State.OPEN
        return states

    def _is_spent(self, key: str, block: Mapping[str, Any]) -> bool:
        if self.rule["name"] == "alpha":
            return False
        holdout = replace(holdout_of(self.competition), size=self.rule["loss_size"] or UNKNOWN_SIZE)
        ledger = self.budget.block_ledger(self.rule, key, block)
        return present_block.is_spent(holdout, int(key), ledger, self.rule["target_gain"])

    def _is_spent_by_2026_11(self, key: str, block: Mapping[str, Any]) -> bool:
        rows = self.competition.layout.rows_of(f"certification-{key}")
        certified = self.rule["harm"] == "certified"
        checks = 1 + self.competition.declared_groups.count() + self.accepted if certified else 1
        return LedgerState.from_json(block, delta=self.rule["delta"], block_number=int(key)).is_spent(
            rows.stop - rows.start,
            self.rule["target_gain"],
            is_zero_one=self.competition.loss.is_zero_one,
            checks=checks,
        )


class Budget:
    """The ledger of each block, and every query that was asked."""

    def __init__(self) -> None:
        # By block and number of a query, as the rows say: the chain has them sealed, and rows are held against it.
        self.chances: Mapping[tuple[int, int], float] = {}
        self.blocks: dict[str, dict[str, Any]] = {}
        self.queries: list[tuple[int, str, Mapping[str, Any]]] = []  # (entry, submission, query)
        self.asked_before: dict[str, int] = {}  # queries of each block from before the chain

    def start(self, blocks: Mapping[str, Any]) -> None:
        """Takes the ledgers of the first entry."""
        self.blocks = dict(blocks)
        self.asked_before = {key: block["queries"] for key, block in blocks.items()}

    @property
    def open(self) -> int | None:
        """Returns the number of the open block; None where there is none."""
        numbers = [int(key) for key, block in self.blocks.items() if block.get("state") == State.OPEN]
        return min(numbers, default=None)

    def block_ledger(self, rule: Mapping[str, Any], key: str, block: Mapping[str, Any]) -> BlockLedger:
        """Returns the ledger of a block by the present rule: what was asked by now, and the retests that it names."""
        asked = [query for _, _, query in self.queries if query["block"] == int(key)]
        return BlockLedger(
            block_delta(rule["delta"], int(key), rule["fixed_blocks"]),
            tuple(Asked(query["symbol"], self.chances[int(key), query["number"]]) for query in asked),
            tuple(
                Retested(each["after"], tuple((number, kept) for number, kept in each["kept"]))
                for each in block.get("retests", ())
            ),
        )

    def check_verdict(
        self,
        entry: int,
        data: Mapping[str, Any],
        query: QueryResult | rule_2026_11.QueryResult | None,
        rotation: Rotation,
        gap_test: Mapping[str, Any] | None = None,
        asked_against: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises Difference unless a query, if any, and the blocks after it follow. `gap_test`: a finding's test, and
        `asked_against` what it was asked of.
        """
        expected = None
        blocks = {key: dict(block) for key, block in self.blocks.items()}
        if query is not None:
            expected, bits = _query_entry(rotation.competition, data["block"], query, gap_test)
            expected |= {"asked_against": dict(asked_against)} if asked_against else {}
            block = blocks.setdefault(str(data["block"]), dict(NO_LEDGER))
            block["queries"] += 1
            block["accepted"] += int(query.passed)
            block["extra_bits"] += bits
            self.queries.append((entry, data["submission"], expected))
        require_equal("query", data["query"], expected, entry=entry, submission=data["submission"])
        self.check_blocks(entry, data, blocks, None if query is None else rotation)

    def check_charge(self, number: int, data: Mapping[str, Any], rotation: Rotation) -> None:
        """Raises Difference unless a failure on secret rows cost a bit of every block that is not retired."""
        blocks = {key: dict(block) for key, block in self.blocks.items()}
        for block in blocks.values():
            block["extra_bits"] += int(block["state"] != "retired")
        self.check_blocks(number, data, blocks, rotation)

    def check_blocks(
        self,
        number: int,
        data: Mapping[str, Any],
        expected: Mapping[str, Mapping[str, Any]],
        rotation: Rotation | None,
    ) -> None:
        """Raises Difference unless counters and states follow; without a rotation all states stay what they are."""
        where: dict[str, Any] = {"entry": number, "submission": data.get("submission")}
        for key, block in expected.items():
            found = data["blocks"].get(key, NO_LEDGER)
            for name in (*NO_LEDGER, "retests"):
                require_equal(f"ledger of block {key}: {name}", found.get(name), block.get(name), **where)
        states = (
            rotation.states(expected)
            if rotation
            else {key: block.get("state", State.WAITING) for key, block in expected.items()}
        )
        for key, state in (states or {}).items():
            require_equal(f"state of block {key}", data["blocks"].get(key, {}).get("state"), state, **where)
        self.blocks = dict(data["blocks"])


def _query_entry(
    competition: Competition,
    block: int,
    query: QueryResult | rule_2026_11.QueryResult,
    gap_test: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], int]:
    """Returns what the chain says of a query that was answered so, and the bits that the block was charged for."""
    said = {
        "block": block,
        "number": query.number,
        "accepted_before": query.accepted_before,
        "passed": query.passed,
    }
    if isinstance(query, QueryResult):
        return said | {"symbol": query.symbol, "sealed": seal_query(competition, block, query, gap_test)}, 0
    told = {"extra_bits": query.extra_bits, "log_inverse_delta": query.log_inverse_delta}
    return said | told, query.alarm_bits
