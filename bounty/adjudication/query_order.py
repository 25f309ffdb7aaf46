"""The order in which candidates past the gate ask their certification query, by the present rule.

Whoever waits alone asks at once. Of several the best stored chance asks first, of equal ones what was sent first; what
has waited for a day goes before all others. So a crowd of weak candidates does not spend the block before a strong one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from bounty.adjudication import judge
from bounty.adjudication.patch_decision import decide_patch
from bounty.models import Competition, Submission
from bounty.shared_model import arrays
from bounty.submissions import dispatch
from evaluator.adjudication.case import Decision

State = Submission.State
# Nobody waits longer for their query.
LONGEST_WAIT = timedelta(days=1)


def judge_in_order(submission_id: UUID, now: datetime | None = None) -> bool:
    """Judge one evaluated submission where its query, if it asks one, is next; else let it wait, and send for the one
    whose turn it is. Returns whether it was judged.

    Raises evaluator.errors.PlatformFault as `judge_submission` does.
    """
    now = now or timezone.now()
    if not _is_next(submission_id, now):
        return False
    judged = judge.judge_submission(submission_id, now)
    submission = Submission.objects.filter(pk=submission_id).select_related("competition").first()
    if judged and submission is not None:
        Submission.objects.filter(pk=submission_id).update(query_waits_since=None)
        _send_next(submission.competition, now)
    return judged


def send_waiting(now: datetime) -> None:
    """Send for the next query of every competition where some wait; a step of the sweep.

    Those for which they waited may have failed, or the message may be lost.
    """
    waiting = Submission.objects.filter(state=State.JUDGING, query_waits_since__isnull=False)
    for competition in Competition.objects.filter(pk__in=waiting.values("competition")):
        _send_next(competition, now)


def next_to_ask(competition: Competition, now: datetime) -> Submission | None:
    """The waiting candidate whose turn it is; None where none waits, or others may still come before the best."""
    judged = _in_judging(competition)
    waiting = judged.filter(query_waits_since__isnull=False).select_related("competition")
    overdue = waiting.filter(query_waits_since__lte=now - LONGEST_WAIT).order_by(
        "query_waits_since", "number"
    )
    if first := overdue.first():
        return first
    if judged.filter(query_waits_since=None).exists():
        return None
    return waiting.order_by(F("query_chance").desc(nulls_last=True), "created_at", "number").first()


def _in_judging(competition: Competition) -> QuerySet[Submission]:
    """Patches that are being judged: what they promise is known, or will be in a moment."""
    return Submission.objects.filter(competition=competition, state=State.JUDGING).exclude(
        patch_kind=Submission.PatchKind.NONE
    )


def _send_next(competition: Competition, now: datetime) -> None:
    with transaction.atomic():
        following = next_to_ask(competition, now)
        if following is not None:
            dispatch.send_for_judging(following)


def _is_next(submission_id: UUID, now: datetime) -> bool:
    """Whether the submission is judged now. Where it would ask a query while others wait, it waits as well."""
    judge.load_new_arrays(submission_id)
    with transaction.atomic():
        submission = judge.lock_for_verdict(submission_id)
        if submission is None:
            return False
        competition = submission.competition
        asks_in_order = (
            competition.rule_version > 1 and not competition.is_closed and not submission.is_finding
        )
        if not asks_in_order or not _in_judging(competition).exclude(pk=submission.pk).exists():
            return True
        if submission.query_waits_since is None and not _waits_for_query(submission, now):
            return True
        following = next_to_ask(competition, now)
        if following is not None and following.pk != submission.pk:
            dispatch.send_for_judging(following)
        return following is not None and following.pk == submission.pk


def _waits_for_query(submission: Submission, now: datetime) -> bool:
    """Whether the submission passes the gate; then its chance is stored, and it waits for its query."""
    shared = arrays.load_shared_list(submission.competition)
    decision = decide_patch(submission, shared, arrays.load_step(submission), asks=False)
    if not isinstance(decision, Decision) or decision.practice.reason != "waiting":
        return False
    # The lease ends with the longest wait: a day later it is sent for again, and goes before all others.
    Submission.objects.filter(pk=submission.pk).update(
        query_chance=decision.chance, query_waits_since=now, lease_until=now + LONGEST_WAIT
    )
    return True
