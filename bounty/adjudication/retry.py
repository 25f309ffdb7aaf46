"""Retry of refused patches on a new certification block, which knows nothing of the old block's answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from bounty.ledger import allowance
from bounty.models import CertificationBlock, Competition, Submission
from bounty.submissions import dispatch, leases
from bounty.submissions.submit import rejudging_refusal

log = logging.getLogger(__name__)

State = Submission.State


def retry_refused_patches(now: datetime) -> None:
    """Judge again, in each competition, the oldest patch that an earlier block refused; part of the sweep.

    One at a time, in order of arrival, while no other is being judged: each may be judged against a model that the one
    before changed. A team whose queries or verdicts are used up is passed over; its patch stays as it is.
    """
    rotated = CertificationBlock.objects.filter(state=CertificationBlock.State.OPEN, number__gt=1)
    competitions = Competition.objects.filter(
        status=Competition.Status.OPEN, pk__in=rotated.values("competition")
    )
    for competition in competitions:
        if not competition.submissions.filter(state=State.JUDGING).exists():
            _retry_next(competition, now)


def _retry_next(competition: Competition, now: datetime) -> None:
    for submission in _refused_by_earlier_blocks(competition):
        if rejudging_refusal(submission, now):
            continue  # nobody waits behind a team that was told as many verdicts as it may be
        if allowance.queries_left(submission.team, submission.author_id) <= 0:
            continue
        with transaction.atomic():
            lease = leases.lease_end(now)
            if submission.move(State.NOT_SHOWN, State.JUDGING, decided_at=None, lease_until=lease):
                dispatch.send_for_judging(submission)
                log.info("submission %s is asked again on another block", submission.pk)
                return


def _refused_by_earlier_blocks(competition: Competition) -> Iterator[Submission]:
    block = competition.open_block()
    if block is None:
        return
    yield from (
        competition.submissions.filter(
            state=State.NOT_SHOWN,
            verdict__queried=True,
            verdict__practice__reason="refused",
            verdict__block_number__lt=block.number,
        )
        .select_related("competition", "team", "verdict")
        .order_by("number")
    )
