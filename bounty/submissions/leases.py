"""Leases of workers on submissions, and retries after faults and lost workers.

Every change is a compare-and-set on state and attempt: of two that arrive, one wins and the other does nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bounty.models import Competition, Submission
from bounty.submissions import dispatch

log = logging.getLogger(__name__)

State, Hold = Submission.State, Submission.Hold
# Seconds before the first retry of our fault; doubled at each further one.
FIRST_RETRY = 2


def lease_end(now: datetime) -> datetime:
    """The time at which a lease taken or renewed now runs out."""
    return now + timedelta(seconds=settings.LEASE_SECONDS)


def renew_lease(submission: Submission, attempt: int, stage: str, now: datetime) -> bool:
    """Renew a worker's lease, and move to evaluating at first; False for a stale attempt or step."""
    this_attempt = Q(attempt=attempt)
    lease: dict[str, Any] = {"lease_until": lease_end(now), "stage": stage[:40]}
    if submission.move(State.QUEUED, State.EVALUATING, this_attempt, started_at=now, **lease):
        return True
    return submission.move(State.EVALUATING, State.EVALUATING, this_attempt, **lease)


def finish_evaluation(submission: Submission, attempt: int, now: datetime, **fields: object) -> bool:
    """Move an evaluated submission to judging, or to held; False where it moved on already.

    The report may overtake the `started` message, so a queued row is taken as well.
    """
    running = (State.QUEUED, State.EVALUATING)
    this_attempt = Q(attempt=attempt)
    done: dict[str, Any] = {"evaluated_at": now, "stage": "", **fields}
    # A moderator may release it between the two: then the second one matches, or the first did.
    if submission.move(running, State.HELD, this_attempt, Q(hold=Hold.HELD), lease_until=None, **done):
        return True
    released = this_attempt & ~Q(hold=Hold.HELD)
    if submission.move(running, State.JUDGING, released, lease_until=lease_end(now), **done):
        dispatch.send_for_judging(submission)
        return True
    return False


def judge_released(submission: Submission) -> bool:
    """Move a released submission from held to judging; False where it is not evaluated yet.

    Of one that was held before its evaluation the order is sent.
    """
    now = timezone.now()
    released = Submission.objects.awaiting_order().filter(pk=submission.pk, hold=Hold.RELEASED)
    if released.update(queued_at=now):
        dispatch.send_for_evaluation(submission)
        return False
    if submission.move(State.HELD, State.JUDGING, Q(hold=Hold.RELEASED), lease_until=lease_end(now)):
        dispatch.send_for_judging(submission)
        return True
    return False


def record_fault(submission: Submission, attempt: int, reason: str, now: datetime) -> bool:
    """Record a platform fault and schedule a retry; after the last attempt give the quota back."""
    log.error("submission %s, attempt %s: %s", submission.pk, attempt, reason)
    running = (State.QUEUED, *Submission.LEASED)
    fields: dict[str, Any] = {"stage": "", "error_class": "", "error_detail": ""}
    if attempt >= settings.MAX_ATTEMPTS:
        fields |= {"lease_until": None, "quota_returned": True}
    else:
        fields["lease_until"] = now + timedelta(seconds=FIRST_RETRY * 2 ** (attempt - 1))
    return submission.move(running, State.ERROR, Q(attempt=attempt), **fields)


def retry_evaluation(submission: Submission, now: datetime) -> bool:
    """Queue the submission as a new attempt after a fault; reports of the old one are stale then."""
    with transaction.atomic():
        moved = submission.move(
            State.ERROR,
            State.QUEUED,
            Q(attempt=submission.attempt),
            attempt=submission.attempt + 1,
            lease_until=None,
            queued_at=now,
            stage="",
        )
        if moved:
            dispatch.send_for_evaluation(submission)
    return moved


def restart_evaluations(competition: Competition, now: datetime) -> list[Submission]:
    """Queue every submission that is not evaluated yet as a new attempt, on the competition's new table.

    Returns those that moved. The caller holds the competition's lock, and has saved the new table.
    """
    waiting = (State.QUEUED, State.EVALUATING)
    moved = []
    running = Submission.objects.filter(competition=competition, state__in=waiting)
    # An order that was not sent yet is made of the new table when it is.
    for submission in running.exclude(queued_at=None):
        submission.competition = competition
        this = Q(attempt=submission.attempt)
        again: dict[str, Any] = {"attempt": submission.attempt + 1, "lease_until": None, "stage": ""}
        if submission.move(waiting, State.QUEUED, this, queued_at=now, **again):
            dispatch.send_for_evaluation(submission)
            moved.append(submission)
    return moved


def expire_lease(submission: Submission, now: datetime) -> bool:
    """Queue a submission again whose worker no longer renews its lease; only for judging where it was evaluated."""
    gone = Q(attempt=submission.attempt, lease_until__lt=now)
    if submission.attempt >= settings.MAX_ATTEMPTS:
        return _give_up(submission, gone)
    again: dict[str, Any] = {"attempt": submission.attempt + 1, "stage": ""}
    with transaction.atomic():
        if submission.move(State.JUDGING, State.JUDGING, gone, lease_until=lease_end(now), **again):
            dispatch.send_for_judging(submission)
            return True
        if submission.move(State.EVALUATING, State.QUEUED, gone, lease_until=None, queued_at=now, **again):
            dispatch.send_for_evaluation(submission)
            return True
    return False


def _give_up(submission: Submission, gone: Q) -> bool:
    log.error("submission %s: no worker finished it in %s attempts", submission.pk, submission.attempt)
    return submission.move(
        Submission.LEASED, State.ERROR, gone, lease_until=None, stage="", quota_returned=True
    )
