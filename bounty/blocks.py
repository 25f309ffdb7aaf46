"""Certification blocks as the database keeps them: their ledgers, what is charged, and when one is retired."""

from __future__ import annotations

from datetime import datetime

from bounty import artifacts
from bounty.models import CertificationBlock, Competition
from evaluator.adjudication import Certification
from evaluator.ledger import LedgerState


def state_of(competition: Competition, block: CertificationBlock) -> LedgerState:
    """The block's ledger before its next query."""
    return LedgerState.from_json(block.as_ledger_json(), delta=competition.delta, block_number=block.number)


def certification(competition: Competition) -> Certification | None:
    """The open block with its labels; None where none is left."""
    block = competition.open_block()
    if block is None:
        return None
    y = artifacts.labels(competition, block.split)
    return Certification(competition.layout.rows_of(block.split), y, state_of(competition, block))


def charge(
    competition: Competition, now: datetime, *, queries: int = 0, accepted: int = 0, bits: int = 0
) -> None:
    """Book what the open block published, and go on to the next block when this one is spent.

    The caller holds the competition's lock. The last block stays open: large gains may still be shown on it.
    """
    block = competition.open_block()
    if block is None:
        return
    block.queries += queries
    block.accepted += accepted
    block.extra_bits += bits
    block.save(update_fields=["queries", "accepted", "extra_bits"])
    spent = state_of(competition, block).is_spent(
        block.rows, competition.target_gain, is_zero_one=competition.loss.is_zero_one
    )
    following = competition.blocks.filter(state=CertificationBlock.State.WAITING).order_by("number").first()
    if spent and following is not None:
        retire(block, now)
        following.state = CertificationBlock.State.OPEN
        following.save(update_fields=["state"])


def retire(block: CertificationBlock, now: datetime) -> None:
    block.state, block.retired_at = CertificationBlock.State.RETIRED, now
    block.save(update_fields=["state", "retired_at"])
