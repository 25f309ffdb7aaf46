"""The blocks' ledgers as the chain tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bounty.verifying.differences import same
from evaluator.adjudication import QueryResult

NO_LEDGER = {"queries": 0, "accepted": 0, "extra_bits": 0}


class Budget:
    """Each block's counters, and every query that was asked."""

    def __init__(self) -> None:
        self.blocks: dict[str, dict[str, Any]] = {}
        self.queries: list[tuple[int, str, Mapping[str, Any]]] = []  # (entry, submission, query)
        self.asked_before: dict[str, int] = {}  # queries of each block from before the chain

    def start(self, blocks: Mapping[str, Any]) -> None:
        self.blocks = dict(blocks)
        self.asked_before = {key: block["queries"] for key, block in blocks.items()}

    def take(self, entry: int, data: Mapping[str, Any], query: QueryResult | None) -> None:
        """A verdict: what it asked, if anything, and how the blocks stand after it."""
        expected = None
        blocks = {key: dict(block) for key, block in self.blocks.items()}
        if query is not None:
            expected = {
                "block": data["block"],
                "number": query.number,
                "accepted_before": query.accepted_before,
                "extra_bits": query.extra_bits,
                "log_inverse_delta": query.log_inverse_delta,
                "passed": query.passed,
            }
            block = blocks.setdefault(str(data["block"]), dict(NO_LEDGER))
            block["queries"] += 1
            block["accepted"] += int(query.passed)
            block["extra_bits"] += query.alarm_bits
            self.queries.append((entry, data["submission"], expected))
        same("query", data["query"], expected, entry=entry, submission=data["submission"])
        self._move(entry, data, blocks)

    def charge(self, number: int, data: Mapping[str, Any]) -> None:
        """A failure on secret rows: a bit of every block that is not retired."""
        blocks = {key: dict(block) for key, block in self.blocks.items()}
        for block in blocks.values():
            block["extra_bits"] += int(block["state"] != "retired")
        self._move(number, data, blocks)

    def _move(self, number: int, data: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """What was counted must follow; which block is open is the organiser's and the rotation's to say."""
        for key, block in expected.items():
            for name in NO_LEDGER:
                found = data["blocks"].get(key, NO_LEDGER)[name]
                same(
                    f"ledger of block {key}: {name}",
                    found,
                    block[name],
                    entry=number,
                    submission=data["submission"],
                )
        self.blocks = dict(data["blocks"])
