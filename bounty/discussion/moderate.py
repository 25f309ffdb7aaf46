"""Moderation of threads, posts and write-ups: hides, shows, pins and locks them, and takes and answers reports of
abuse.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.discussion import notify, permissions, reportable
from bounty.models import AbuseReport, Competition, Post, Thread, WriteUp
from bounty.models.discussion import AuthoredText

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = AuthoredText.State
# Reports that one person may have open in 24 hours.
MOST_REPORTS = 20


def competition_of(written: Post | WriteUp) -> Competition:
    """The competition of a post or write-up."""
    return written.thread.competition if isinstance(written, Post) else written.competition


def hide_text(written: Post | WriteUp, reason: str, by: User) -> None:
    """Hides a post or write-up from readers; its author reads why. Raises Refusal, PermissionDenied."""
    reason = _require_reason(reason)
    _change_state(written, (State.SHOWN, State.HELD), State.HIDDEN, reason, by)


def show_text(written: Post | WriteUp, reason: str, by: User) -> None:
    """Shows a held or hidden post or write-up from now on; the reason goes to its author and the audit trail.
    Raises Refusal, PermissionDenied.
    """
    was_held = written.state == State.HELD
    with transaction.atomic():
        _change_state(written, (State.HELD, State.HIDDEN), State.SHOWN, _require_reason(reason), by)
        # Nobody was told of a post that was held from the start.
        if was_held and isinstance(written, Post) and written.edited_at is None:
            thread = written.thread
            Thread.objects.filter(pk=thread.pk).update(last_at=timezone.now())
            if written.number == 1:
                notify.notify_of_thread(thread, written)
            else:
                notify.notify_of_reply(written)


def _change_state(written: Post | WriteUp, olds: tuple[str, ...], new: str, reason: str, by: User) -> None:
    """Moves a text from one of the old states to the new one, with audit entry and notice. Raises Refusal,
    PermissionDenied.
    """
    competition = competition_of(written)
    team = written.team if isinstance(written, WriteUp) else None
    _check(permissions.decide_refusal(by, competition, written.author, team))
    before = written.state
    rows: Any = type(written).objects.filter(pk=written.pk, state__in=olds)
    with transaction.atomic():
        if not rows.update(state=new, reason=reason[:500], decided_at=timezone.now()):
            raise Refusal(_("It is not in that state any more; look again."))
        written.state, written.reason = new, reason[:500]
        if isinstance(written, Post) and new == State.HIDDEN:
            Thread.objects.filter(pk=written.thread_id, accepted=written).update(accepted=None)
        audit.record_change(written, by, {"state": [before, new]}, reason)
        notify.notify_of_decision(written)


def pin_thread(thread: Thread, on: bool, by: User) -> None:
    """Pins a thread to the head of the list, or unpins it. Raises PermissionDenied."""
    _check(permissions.decide_refusal(by, thread.competition, None))
    _set_flag(thread, "pinned", on, by)


def lock_thread(thread: Thread, on: bool, by: User) -> None:
    """Locks a thread, so that nobody but moderators answers any more, or unlocks it. Raises PermissionDenied."""
    _check(permissions.decide_refusal(by, thread.competition, None))
    _set_flag(thread, "locked", on, by)


def _set_flag(thread: Thread, name: str, on: bool, by: User) -> None:
    with transaction.atomic():
        if Thread.objects.filter(pk=thread.pk).exclude(**{name: on}).update(**{name: on}):
            audit.record_change(thread, by, {name: [str(not on), str(on)]})
    setattr(thread, name, on)


# --- reports of abuse ------------------------------------------------------------------------------------------------
def report_abuse(
    competition: Competition, kind: reportable.ReportableKind, target: Any, category: str, text: str, by: User
) -> AbuseReport:
    """Files a report of abuse about something that a person wrote; one each, until moderators have decided. Raises
    PermissionDenied, Refusal.
    """
    _check(permissions.write_refusal(by, competition))
    author = kind.author(target)
    if author is not None and author.pk == by.pk:
        raise Refusal(_("You wrote this yourself; edit or delete it instead."))
    day = timezone.now() - timedelta(hours=24)
    if AbuseReport.objects.filter(reporter=by, created_at__gt=day).count() >= MOST_REPORTS:
        raise Refusal(
            _(
                "You have sent %(most)d reports within a day, which is the most. Moderators look at them first."
            )
            % {"most": MOST_REPORTS}
        )
    try:
        with transaction.atomic():
            return AbuseReport.objects.create(
                competition=competition,
                reporter=by,
                target_type=ContentType.objects.get_for_model(kind.model),
                target_id=str(target.pk),
                category=category,
                text=text,
                said=kind.says(target),
            )
    except IntegrityError:
        raise Refusal(_("You reported this already; a moderator will look at it.")) from None


def answer_report(reported: AbuseReport, *, uphold: bool, reason: str, by: User) -> None:
    """Upholds a report of abuse, which removes what was reported, or dismisses it; the reporter reads the reason.
    Raises PermissionDenied, Refusal.
    """
    kind = reportable.kind_of_type(reported.target_type)
    target = reported.target
    author = kind.author(target) if kind and target else None
    team = kind.team(target) if kind and target else None
    _check(permissions.decide_refusal(by, reported.competition, author, team))
    if reported.reporter_id == by.pk:
        raise PermissionDenied(_("You reported it; somebody else has to decide."))
    reason = _require_reason(reason)
    new = AbuseReport.State.UPHELD if uphold else AbuseReport.State.DISMISSED
    with transaction.atomic():
        waiting = AbuseReport.objects.filter(pk=reported.pk, state=AbuseReport.State.OPEN)
        if not waiting.update(state=new, answer=reason, decided_by=by, decided_at=timezone.now()):
            raise Refusal(_("Somebody has decided on this report already."))
        reported.state, reported.answer = new, reason
        audit.record_change(reported, by, {"state": [AbuseReport.State.OPEN, new]}, reason)
        if uphold and kind is not None and target is not None and not _is_gone(target):
            kind.remedy(target, reason, by)
        notify.notify_of_report_answer(reported)


def _is_gone(target: Any) -> bool:
    """Whether the text is hidden or taken back already: nothing is left to remove."""
    return isinstance(target, AuthoredText) and target.state in (State.HIDDEN, State.DELETED)


def _check(refusal: str) -> None:
    if refusal:
        raise PermissionDenied(refusal)


def _require_reason(text: str) -> str:
    """The reason in one line. Raises Refusal where it is empty."""
    if not (text := " ".join(text.split())):
        raise Refusal(_("Say why: whom it concerns reads it."))
    return text
