"""Failures on practice rows, which a person has few of: whose submissions wait, unevaluated, because of them.

Such a failure is told by its class, so it is an exact answer about secret people. A submission that brings code is
evaluated only while its author's failures that were told, and the other submissions of theirs that could still fail,
leave room below the competition's limit; else it waits for them, and at the limit for a moderator. What waits has no
`queued_at`: no order of it was sent. They are counted by author, over teams.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import ngettext

from bounty.models import Competition, DryRun, Participation, Submission
from bounty.notifications import events, moderation
from bounty.submissions import dispatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State, Hold = Submission.State, Submission.Hold
_GroupKind, _PatchKind = Submission.GroupKind, Submission.PatchKind
GROUPS_OF_CODE = (_GroupKind.PYTHON, _GroupKind.ZIP, _GroupKind.ONNX, _GroupKind.SKOPS)
PATCHES_WITHOUT_CODE = (_PatchKind.NONE, _PatchKind.FIT)
_BRINGS_CODE = Q(group_kind__in=GROUPS_OF_CODE) | ~Q(patch_kind__in=PATCHES_WITHOUT_CODE)
# An order is out, or will be sent again by itself: it may still fail on practice rows.
_MAY_STILL_FAIL = Q(state__in=(State.QUEUED, State.EVALUATING), queued_at__isnull=False) | Q(
    state=State.ERROR, lease_until__isnull=False
)


def tells_practice_failures(competition: Competition) -> bool:
    """Whether the competition's rule tells failures on practice rows by class: that of 2026-11 does not."""
    return competition.rule_version != 1


def brings_code(group_kind: str, patch_kind: str) -> bool:
    """Whether a stranger's code runs on practice rows: expressions, searches and fitted patches are ours there."""
    return group_kind in GROUPS_OF_CODE or patch_kind not in PATCHES_WITHOUT_CODE


def count_failures(competition: Competition, author: User) -> int:
    """The number of a person's failures on practice rows that were told, in whatever team; after the close those of
    dry runs as well.
    """
    sent = Submission.objects.filter(competition=competition, author=author, failed_on_practice_rows=True)
    entered = Participation.objects.filter(competition=competition, user=author)
    return sent.count() + sum(entered.values_list("failed_dry_runs", flat=True))


def count_failed_dry_run(run: DryRun) -> None:
    """Count a dry run's failure on practice rows to its author."""
    entered = Participation.objects.filter(competition=run.competition, user=run.author)
    entered.update(failed_dry_runs=F("failed_dry_runs") + 1)


def hold_reason(competition: Competition, author: User, group_kind: str, patch_kind: str) -> str:
    """The reason to hold a submission of code unevaluated for a moderator; "" where failures are left."""
    if not tells_practice_failures(competition) or not brings_code(group_kind, patch_kind):
        return ""
    failures = count_failures(competition, author)
    if failures < competition.practice_failures_per_person:
        return ""
    return ngettext(
        "%(failures)d submission of yours failed on practice rows, and more are not run without a moderator: each "
        "says something about secret people. It waits for one; groups written as expressions are run as ever.",
        "%(failures)d submissions of yours failed on practice rows, and more are not run without a moderator: each "
        "says something about secret people. It waits for one; groups written as expressions are run as ever.",
        failures,
    ) % {"failures": failures}


def send_or_wait(submission: Submission) -> bool:
    """Send a submission's evaluation order, or let it wait without one; whether it was sent.

    The caller holds the competition's lock.
    """
    if not _has_room(submission):
        Submission.objects.filter(pk=submission.pk).update(queued_at=None)
        submission.queued_at = None
        return False
    dispatch.send_for_evaluation(submission)
    return True


def send_waiting(competition: Competition, now: datetime, author: User | None = None) -> None:
    """Send the orders that may go now, oldest first, and hold what has reached the limit; of one author or of all."""
    found = Submission.objects.awaiting_order().filter(competition=competition).exclude(hold=Hold.HELD)
    if author is not None:
        found = found.filter(author=author)
    if not found.exists():
        return
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        for submission in found.select_related("team", "author").order_by("created_at", "number"):
            submission.competition = submission.team.competition = locked
            reason = hold_reason(locked, submission.author, submission.group_kind, submission.patch_kind)
            if reason and submission.hold != Hold.RELEASED:
                _hold(submission, reason, now)
            else:
                send_or_wait(submission)


def send_all_waiting(now: datetime) -> None:
    """Send what may go in every competition; part of the sweep."""
    for competition in Competition.objects.filter(
        pk__in=Submission.objects.awaiting_order().values("competition")
    ):
        send_waiting(competition, now)


def _has_room(submission: Submission) -> bool:
    competition, author = submission.competition, submission.author
    if submission.hold == Hold.RELEASED or not tells_practice_failures(competition):
        return True
    if not brings_code(submission.group_kind, submission.patch_kind):
        return True
    others = Submission.objects.filter(_BRINGS_CODE, _MAY_STILL_FAIL, competition=competition, author=author)
    at_most = count_failures(competition, author) + others.exclude(pk=submission.pk).count()
    return at_most < competition.practice_failures_per_person


def _hold(submission: Submission, reason: str, now: datetime) -> None:
    waits = Submission.objects.filter(pk=submission.pk, state=State.QUEUED, hold=submission.hold)
    if waits.update(hold=Hold.HELD, hold_reason=reason[:300], held_at=now):
        submission.hold, submission.hold_reason, submission.held_at = Hold.HELD, reason[:300], now
        events.notify_held(submission)
        moderation.notify_moderators(submission)
