"""The periodic sweep: expired leases, lost messages, overdue holds and everything else that is due."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from bounty import corrections
from bounty.adjudication import finding_query, query_order, retry
from bounty.competitions import base_models, phases
from bounty.core import audit
from bounty.dry_runs import cleanup as dry_runs
from bounty.ledger import bounds
from bounty.models import Competition, Submission
from bounty.notifications import events
from bounty.organisers import create_from_draft, drafts
from bounty.scoring import leaderboard
from bounty.submissions import dispatch, idempotency, leases, lost_orders, practice_failures

log = logging.getLogger(__name__)

State, Hold = Submission.State, Submission.Hold
# A base model runs once a competition: it may take long, and a second run does no harm.
RESEND_BASE_AFTER = timedelta(minutes=15)


def run_sweep(now: datetime) -> None:
    """Run every part of the sweep; an exception in one is logged and does not keep the others from running."""
    parts = (
        requeue_expired_leases,
        retry_faults,
        resend_lost_orders,
        practice_failures.send_all_waiting,
        resend_lost_base_models,
        release_overdue_holds,
        phases.apply_schedule,
        events.remind_of_closing,
        create_from_draft.resend_lost,
        drafts.discard_forgotten,
        bounds.publish_retired_blocks,
        leaderboard.write_missing_intervals,
        corrections.delete_replaced_files,
        retry.retry_refused_patches,
        query_order.send_waiting,
        finding_query.send_waiting,
        idempotency.delete_expired_keys,
        dry_runs.clean_up_dry_runs,
    )
    for part in parts:
        try:
            part(now)
        except Exception:
            log.exception("%s failed", part.__name__)


def requeue_expired_leases(now: datetime) -> None:
    """Queue submissions again whose workers no longer renew their leases."""
    for submission in Submission.objects.lease_expired(now).select_related("competition"):
        leases.expire_lease(submission, now)


def retry_faults(now: datetime) -> None:
    """Retry submissions after a platform fault; those without `lease_until` wait for a person."""
    due = Submission.objects.filter(state=State.ERROR, lease_until__lt=now)
    for submission in due.select_related("competition"):
        leases.retry_evaluation(submission, now)


def resend_lost_orders(now: datetime) -> None:
    """Send the evaluation orders again that the broker lost, and only those."""
    for submission in lost_orders.find_lost_submissions(now):
        if dispatch.resend_order(submission, now):
            log.warning("the order of submission %s was lost and is sent again", submission.pk)


def resend_lost_base_models(now: datetime) -> None:
    """Send orders of uploaded base models again, or their competitions would stay in preparation for ever."""
    waiting_for_one = Competition.objects.filter(
        status=Competition.Status.PREPARING, preparation_error="", created_at__lt=now - RESEND_BASE_AFTER
    )
    for competition in waiting_for_one:
        # The cache only spares workers a second run; where it forgets, the answer is the same twice.
        if cache.add(f"base:{competition.pk}", 1, RESEND_BASE_AFTER.total_seconds()):
            base_models.send_base_order(competition)


def release_overdue_holds(now: datetime) -> None:
    """Release submissions that no moderator decided on within Submission.HELD_AT_MOST."""
    overdue = Submission.objects.awaiting_moderation().filter(held_at__lt=now - Submission.HELD_AT_MOST)
    # Held for its author's failures on practice rows, it is released by a person alone.
    overdue = overdue.exclude(state=State.QUEUED, queued_at=None)
    for submission in overdue.select_related("competition"):
        with transaction.atomic():
            if Submission.objects.filter(Q(hold=Hold.HELD), pk=submission.pk).update(hold=Hold.RELEASED):
                leases.judge_released(submission)
                audit.record_change(
                    submission, None, {"hold": [Hold.HELD, Hold.RELEASED]}, "Nobody decided in time."
                )
                events.notify_released_overdue(submission)
    # Released by somebody who vanished before the next step.
    for submission in Submission.objects.filter(state=State.HELD, hold=Hold.RELEASED):
        leases.judge_released(submission)
