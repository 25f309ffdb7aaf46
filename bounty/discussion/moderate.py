"""What moderators decide about what people wrote: hide, show again, pin, lock; and reports of abuse."""

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
from bounty.models.discussion import Written

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Written.State
# Reports that one person may have open in 24 hours.
MOST_REPORTS = 20


def competition_of(written: Post | WriteUp) -> Competition:
    return written.thread.competition if isinstance(written, Post) else written.competition


def hide(written: Post | WriteUp, reason: str, by: User) -> None:
    """Its text is no longer shown; its author reads why. Raises Refusal, PermissionDenied."""
    reason = _reason(reason)
    _decide(written, (State.SHOWN, State.HELD), State.HIDDEN, reason, by)


def show(written: Post | WriteUp, reason: str, by: User) -> None:
    """Held or hidden before, shown from now on; the reason goes to its author and the audit trail."""
    was_held = written.state == State.HELD
    with transaction.atomic():
        _decide(written, (State.HELD, State.HIDDEN), State.SHOWN, _reason(reason), by)
        # Nobody was told of a post that was held from the start.
        if was_held and isinstance(written, Post) and written.edited_at is None:
            thread = written.thread
            Thread.objects.filter(pk=thread.pk).update(last_at=timezone.now())
            if written.number == 1:
                notify.started(thread, written)
            else:
                notify.replied(written)


def _decide(written: Post | WriteUp, olds: tuple[str, ...], new: str, reason: str, by: User) -> None:
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
        audit.record(written, by, {"state": [before, new]}, reason)
        notify.decided(written)


def pin(thread: Thread, on: bool, by: User) -> None:
    """At the head of the list, or no longer."""
    _check(permissions.decide_refusal(by, thread.competition, None))
    _set(thread, "pinned", on, by)


def lock(thread: Thread, on: bool, by: User) -> None:
    """Nobody but moderators answers any more, or everybody again."""
    _check(permissions.decide_refusal(by, thread.competition, None))
    _set(thread, "locked", on, by)


def _set(thread: Thread, name: str, on: bool, by: User) -> None:
    with transaction.atomic():
        if Thread.objects.filter(pk=thread.pk).exclude(**{name: on}).update(**{name: on}):
            audit.record(thread, by, {name: [str(not on), str(on)]})
    setattr(thread, name, on)


# --- reports of abuse ------------------------------------------------------------------------------------------------
def report(
    competition: Competition, kind: reportable.Kind, target: Any, category: str, text: str, by: User
) -> AbuseReport:
    """Tell the moderators of something that a person wrote. Once, until they have decided."""
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


def answer(reported: AbuseReport, *, uphold: bool, reason: str, by: User) -> None:
    """Uphold it, which takes what was reported away, or dismiss it; the reporter reads the reason."""
    kind = reportable.of(reported.target_type)
    target = reported.target
    author = kind.author(target) if kind and target else None
    team = kind.team(target) if kind and target else None
    _check(permissions.decide_refusal(by, reported.competition, author, team))
    if reported.reporter_id == by.pk:
        raise PermissionDenied(_("You reported it; somebody else has to decide."))
    reason = _reason(reason)
    new = AbuseReport.State.UPHELD if uphold else AbuseReport.State.DISMISSED
    with transaction.atomic():
        waiting = AbuseReport.objects.filter(pk=reported.pk, state=AbuseReport.State.OPEN)
        if not waiting.update(state=new, answer=reason, decided_by=by, decided_at=timezone.now()):
            raise Refusal(_("Somebody has decided on this report already."))
        reported.state, reported.answer = new, reason
        audit.record(reported, by, {"state": [AbuseReport.State.OPEN, new]}, reason)
        if uphold and kind is not None and target is not None and not _gone(target):
            kind.remedy(target, reason, by)
        notify.answered(reported)


def _gone(target: Any) -> bool:
    """Hidden or taken back already: nothing is left to do."""
    return isinstance(target, Written) and target.state in (State.HIDDEN, State.DELETED)


def _check(refusal: str) -> None:
    if refusal:
        raise PermissionDenied(refusal)


def _reason(text: str) -> str:
    if not (text := " ".join(text.split())):
        raise Refusal(_("Say why: whom it concerns reads it."))
    return text
