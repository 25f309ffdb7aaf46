"""Certification blocks in the database: their ledgers, what is charged to them, and when one is retired."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from bounty.core import artifacts
from bounty.ledger import present_block
from bounty.ledger.holdout import holdout_of
from bounty.models import CertificationBlock, Competition
from evaluator.adjudication.rule_2026_11.acceptance import Certification
from evaluator.adjudication.rule_2026_11.ledger import LedgerState

# All that is said about a failure on secret rows alone: more would be a message from them.
ON_SECRET = "It ran on the public rows, but gave no result on the secret ones."  # noqa: S105 - a sentence


def ledger_state(competition: Competition, block: CertificationBlock) -> LedgerState:
    """Returns the block's ledger before its next query."""
    return LedgerState.from_json(block.as_ledger_json(), delta=competition.delta, block_number=block.number)


def load_certification(competition: Competition) -> Certification | None:
    """Returns the open block's rows, labels and ledger; None where no block is open."""
    block = competition.open_block()
    if block is None:
        return None
    y = artifacts.read_labels(competition, block.split)
    return Certification(competition.layout.rows_of(block.split), y, ledger_state(competition, block))


def charge_block(
    competition: Competition, now: datetime, *, queries: int = 0, accepted: int = 0, bits: int = 0
) -> None:
    """Writes what the open block published into its counters, and retires it when it is spent.

    By the present rule the ledger itself is the block's queries and retests, which are written before. The caller
    holds the competition's lock.
    """
    block = competition.open_block()
    if block is None:
        return
    block.queries += queries
    block.accepted += accepted
    block.extra_bits += bits
    block.save(update_fields=["queries", "accepted", "extra_bits"])
    _rotate(competition, block, now)


def charge_failure(competition: Competition, now: datetime) -> None:
    """Writes an extra bit into the ledger of every block not retired yet, for a failure on secret rows by the rule of
    2026-11.

    Such a failure publishes one bit about the rows of all of them. The caller holds the competition's lock.
    """
    unretired = competition.blocks.exclude(state=CertificationBlock.State.RETIRED)
    unretired.update(extra_bits=F("extra_bits") + 1)
    if (block := competition.open_block()) is not None:
        _rotate(competition, block, now)


def count_checks(competition: Competition) -> int:
    """Returns how many tests share the level of the next query: no fewer than there will be."""
    if competition.harm_mode != Competition.HarmMode.CERTIFIED:
        return 1
    accepted = competition.versions.current().filter(number__gt=0).count()
    return 1 + competition.declared_groups.count() + accepted


def _rotate(competition: Competition, block: CertificationBlock, now: datetime) -> None:
    """Retires a spent block and opens the next. By the rule of 2026-11 the last one stays open; by the present one it
    is retired like the others: the rules promise that no query is asked that only a larger gain could pass.
    """
    if not _is_spent(competition, block):
        return
    following = competition.blocks.filter(state=CertificationBlock.State.WAITING).order_by("number").first()
    if following is None and competition.rule_version == 1:
        return
    retire_block(block, now)
    if following is not None:
        following.state = CertificationBlock.State.OPEN
        following.save(update_fields=["state"])


def _is_spent(competition: Competition, block: CertificationBlock) -> bool:
    if competition.acceptance == Competition.Acceptance.ALPHA and competition.rule_version != 1:
        return False  # nothing is certified, so nothing is used up
    if competition.rule_version != 1:
        ledger = present_block.block_ledger(competition, block)
        return present_block.is_spent(holdout_of(competition), block.number, ledger, competition.target_gain)
    return ledger_state(competition, block).is_spent(
        block.rows,
        competition.target_gain,
        is_zero_one=competition.loss.is_zero_one,
        checks=count_checks(competition),
    )


def retire_block(block: CertificationBlock, now: datetime) -> None:
    """Writes that the block is retired: no query asks it any more."""
    block.state, block.retired_at = CertificationBlock.State.RETIRED, now
    block.save(update_fields=["state", "retired_at"])
