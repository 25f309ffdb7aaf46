"""Seals of certification queries: a digest that fixes a query's level, chance, test and bet, and tells none of them.

A level follows from the predicted chance, and that from noised practice cells: until the close strangers learn neither.
The digest is salted, as there are few chances to try; with the close the chain says the values and the salts, so that
whoever has it can compare them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Protocol

from bounty.models import Competition, LedgerQuery

# Sums of logarithms differ in their last bits from machine to machine.
_DIGITS = 9


class AskedQuery(Protocol):
    """What was fixed before a block's labels were read: of a stored query, or of an answer computed again."""

    @property
    def number(self) -> int: ...

    @property
    def chance(self) -> float | None: ...

    @property
    def log_inverse_delta(self) -> float: ...

    @property
    def log_probability(self) -> float | None: ...

    @property
    def test(self) -> str: ...

    @property
    def bet_weight(self) -> float | None: ...


def query_values(query: AskedQuery, gap_test: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a seal fixes, its sums rounded to 1e-9. `gap_test`: a finding's test, {} of a patch's query."""
    return ({"gap_test": dict(gap_test)} if gap_test else {}) | {
        "chance": query.chance,
        "log_inverse_delta": round(query.log_inverse_delta, _DIGITS),
        "log_probability": None if query.log_probability is None else round(query.log_probability, _DIGITS),
        "test": query.test,
        "bet_weight": None if query.bet_weight is None else round(query.bet_weight, _DIGITS),
    }


def query_salt(competition: Competition, block: int, number: int) -> str:
    """Returns the salt of a query's seal, from the competition's secret. It says nothing of another's, or of noise."""
    named = f"query {block}:{number}".encode()
    return hmac.digest(competition.noise_secret.encode(), named, hashlib.sha256).hex()


def seal_query(
    competition: Competition, block: int, query: AskedQuery, gap_test: Mapping[str, Any] | None = None
) -> str:
    """Returns the seal that the chain holds of a query of this block."""
    return seal_values(query_salt(competition, block, query.number), query_values(query, gap_test or {}))


def seal_values(salt: str, values: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of the salt and the values, in hex."""
    said = json.dumps([salt, dict(values)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def opened_queries(competition: Competition) -> list[dict[str, Any]]:
    """Returns what the close tells of each query: its values, and the salt that they were sealed with."""
    queries = LedgerQuery.objects.filter(block__competition=competition).select_related("block")
    return [
        {
            "block": query.block.number,
            "number": query.number,
            "salt": query_salt(competition, query.block.number, query.number),
            **query_values(query, query.gap_test),
        }
        for query in queries.order_by("block__number", "number")
    ]
