"""The ledger's budget for its organiser: the queries asked of each block, and what it can still certify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bounty.ledger import overview
from bounty.ledger.smallest_gain import SmallestGains
from bounty.models import CertificationBlock, Competition, LedgerQuery
from bounty.organisers.charts import QueryPoint

# How far ahead is counted; a block that answers so many more is as good as new.
MOST_AHEAD = 500


@dataclass(frozen=True)
class BlockBudget:
    """A block's budget: what its next question must show, and how many more could show the target gain."""

    block: CertificationBlock
    gain: str
    in_group: str
    left: int | None  # None for more than are counted
    asked: tuple[QueryPoint, ...]
    opened: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class LedgerBudget:
    """The budget of all blocks, with the latest queries."""

    blocks: tuple[BlockBudget, ...]
    queries: int
    accepted: int
    extra_bits: int
    latest: tuple[LedgerQuery, ...]

    @property
    def left(self) -> int | None:
        """Questions of the target gain that are left over all blocks not retired; None for very many."""
        counts = [
            block.left for block in self.blocks if block.block.state != CertificationBlock.State.RETIRED
        ]
        return None if None in counts else sum(count for count in counts if count is not None)


def ledger_budget(competition: Competition, shown: int = 20) -> LedgerBudget:
    """The ledger's budget with the latest `shown` queries, in a bounded number of queries."""
    blocks = list(competition.blocks.all())
    states = overview.list_blocks(competition, blocks)
    asked = LedgerQuery.objects.filter(block__competition=competition).order_by("block__number", "number")
    queries = list(asked)
    gains = SmallestGains(competition)
    found = []
    for state in states:
        own = [query for query in queries if query.block_id == state.block.pk]
        found.append(
            BlockBudget(
                state.block,
                state.gain,
                state.in_group,
                _left(competition, state.block, gains),
                _history(state.block, own, gains),
                own[0].asked_at if own else None,
                own[-1].asked_at if own else None,
            )
        )
    latest = asked.select_related("block", "submission__team").order_by("-asked_at")[:shown]
    return LedgerBudget(
        tuple(found),
        sum(block.queries for block in blocks),
        sum(block.accepted for block in blocks),
        sum(block.extra_bits for block in blocks),
        tuple(latest),
    )


def _history(
    block: CertificationBlock, queries: list[LedgerQuery], gains: SmallestGains
) -> tuple[QueryPoint, ...]:
    """The smallest passing gain before each query and before the next one, as far as it is known for the usual
    churn.
    """
    asked = [
        QueryPoint(query.number - 1, _points(gains.of_asked(query, block)), query.passed) for query in queries
    ]
    return (*asked, QueryPoint(block.queries, _points(gains.of_next_query(block))))


def _left(competition: Competition, block: CertificationBlock, gains: SmallestGains) -> int | None:
    """Further queries until the target gain can no longer pass, where three of four are accepted; None for very
    many.
    """
    if block.state == CertificationBlock.State.RETIRED:
        return 0

    def can(more: int) -> bool:
        gain = gains.of_next_query(block, more)
        return gain is not None and gain <= competition.target_gain

    if can(MOST_AHEAD):
        return None
    if not can(0):
        return 0
    low, high = 0, MOST_AHEAD
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if can(middle) else (low, middle)
    return low + 1


def _points(gain: float | None) -> float | None:
    return None if gain is None else 100 * gain
