"""Rows of a verdict: the verdict itself, the submission's state, the board, the chain's entry and the notice."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from bounty.hash_chain import log as chain_log
from bounty.ledger import allowance
from bounty.models import Submission, Verdict
from bounty.notifications import events
from bounty.scoring import leaderboard
from bounty.shared_model import arrays

log = logging.getLogger(__name__)

State = Submission.State


def write_verdict(submission: Submission, shared: arrays.CurrentList, **fields: Any) -> Verdict:
    """Write the submission's verdict on the present list, and on the block that is open; returns it."""
    block = submission.competition.open_block()
    verdict, _ = Verdict.objects.update_or_create(
        submission=submission,
        defaults={
            "generation": submission.competition.generation,
            "head_number": shared.newest.number,
            "block_number": block.number if block else None,
            "passed_gate": False,
            "queried": False,
            "team_version": None,
            **fields,
        },
    )
    allowance.count_verdict_told(submission)
    return verdict


def finish_verdict(submission: Submission, state: str, verdict: Verdict, now: datetime) -> None:
    """Move the submission to its state, and write the board, the chain's entry and the notice.

    The state comes last: the row was locked, so the compare-and-set can only fail where that lock is no lock.
    """
    # Judged anew, as after an appeal, nothing is left of what had confirmed it.
    fields = {"decided_at": now, "confirmed_at": None, "lease_until": None, "stage": ""}
    if not submission.move(State.JUDGING, state, **fields):
        raise RuntimeError(f"{submission.pk} moved on under its lock; the verdict is taken back")
    leaderboard.refresh_board(
        submission.competition, None if state == State.ACCEPTED else [submission.team_id], now
    )
    chain_log.record_verdict(submission, verdict)
    events.notify_verdict(submission, verdict.sentence)
    log.info("submission %s: %s", submission.pk, verdict.sentence)
