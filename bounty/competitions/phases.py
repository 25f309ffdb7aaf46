"""Phases of a competition: opens, pauses, resumes and closes it, by hand or by its schedule, and notifies its
followers.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty import notifications
from bounty.adjudication import close as adjudication_close
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Competition
from bounty.models.notifications import NoticeKind
from bounty.notifications import recipients
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Competition.Status

# What an organiser may do, from which status, to which.
MOVES: dict[str, tuple[Status, Status]] = {
    "open": (Status.DRAFT, Status.OPEN),
    "pause": (Status.OPEN, Status.PAUSED),
    "resume": (Status.PAUSED, Status.OPEN),
}


def change_phase(competition: Competition, what: str, by: User) -> None:
    """Opens, pauses or resumes a competition. Raises Refusal from another status, PermissionDenied for who does not
    organise.
    """
    rules.check_organiser(competition, by)
    old, new = MOVES[what]
    # Compare-and-set: beat opens and closes by the clock at the same time.
    changes: dict[str, Any] = {"status": new}
    if what == "open":
        # By hand and before its time, or with none set: pages say when it was really opened.
        changes["opens_at"] = timezone.now()
    with transaction.atomic():
        if not Competition.objects.filter(pk=competition.pk, status=old).update(**changes):
            competition.refresh_from_db(fields=["status"])
            raise Refusal(
                _(
                    "“%(competition)s” is %(get_status_display)s; only one that is %(label)s can be "
                    "%(label_2)s."
                )
                % {
                    "competition": competition,
                    "get_status_display": competition.get_status_display(),
                    "label": old.label,
                    "label_2": new.label if what != "resume" else "resumed",
                }
            )
        for name, value in changes.items():
            setattr(competition, name, value)
        audit.record_change(competition, by, {"status": [old, new]})
        announce_phase(competition, what)


def close_competition(competition: Competition, by: User) -> None:
    """Closes a competition by hand: the final rows are opened, once. Raises Refusal from another status,
    PermissionDenied for who does not organise.
    """
    rules.check_organiser(competition, by)
    closable = competition.status in (Status.OPEN, Status.PAUSED)
    if not (closable and _close_once(competition, by, timezone.now())):
        raise Refusal(
            _("“%(competition)s” is %(get_status_display)s; only an open or paused one can be closed.")
            % {"competition": competition, "get_status_display": competition.get_status_display()}
        )


def _close_once(competition: Competition, by: User | None, now: datetime) -> bool:
    """Closes a competition, by hand or by its schedule (`by` is None); False where somebody was quicker."""
    before = competition.status
    with transaction.atomic():
        if not adjudication_close.close_competition(competition, now):
            competition.refresh_from_db(fields=["status"])
            return False
        audit.record_change(competition, by, {"status": [before, Status.CLOSED]})
        announce_phase(competition, "close")
    return True


def apply_schedule(now: datetime) -> None:
    """Opens and closes the competitions whose time has come. Compare-and-set: an organiser may press a button at
    the same time.
    """
    for competition in Competition.objects.due_to_open(now):
        with transaction.atomic():
            waiting = Competition.objects.filter(pk=competition.pk, status=Status.DRAFT)
            if waiting.update(status=Status.OPEN):
                competition.status = Status.OPEN
                audit.record_change(competition, None, {"status": [Status.DRAFT, Status.OPEN]})
                announce_phase(competition, "open")
    for competition in Competition.objects.due_to_close(now):
        if adjudication_close.may_close(competition, now):
            _close_once(competition, None, now)


def announce_phase(competition: Competition, what: str) -> None:
    """Notifies followers of a change of phase, but for those who turned that kind off, in the present transaction."""
    subject, body = _phase_words(competition, what)
    notifications.notify_users(
        NoticeKind.PHASE,
        to=recipients.followers(competition),
        competition=competition,
        subject=subject,
        body=body,
        url=competition.get_absolute_url(),
    )


def _phase_words(competition: Competition, what: str) -> tuple[notifications.Words, notifications.Words]:
    """Subject and body of the notice about a change of phase."""
    title = {"title": competition.title}
    said: dict[str, tuple[notifications.Words, notifications.Words]] = {
        "open": (lambda: _("“%(title)s” is open") % title, lambda: _("You can submit now.")),
        "pause": (
            lambda: _("“%(title)s” is paused") % title,
            lambda: _("Submissions wait until the organiser resumes it; what you sent is kept."),
        ),
        "resume": (lambda: _("“%(title)s” goes on") % title, lambda: _("You can submit again.")),
        "close": (
            lambda: _("“%(title)s” is closed") % title,
            lambda: _("The final rows were opened, and the points are final."),
        ),
    }
    return said[what]
