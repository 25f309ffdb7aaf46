"""Assignments of queue items, private notes of moderators, and declared conflicts of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Assignment, Conflict, PrivateNote, Team
from bounty.models.memberships import Membership
from bounty.moderation.sections import QueueEntry
from bounty.permissions import conflicts, rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NOTE = 4000


def assign_entry(entry: QueueEntry, to: User | None, by: User) -> None:
    """Assigns an item to somebody who may decide about it; None: to nobody.

    Raises PermissionDenied for who may not moderate, Refusal where that person may not decide about it.
    """
    competition = entry.competition
    if why := rules.moderation_refusal(by, competition):
        raise PermissionDenied(why)
    if to is not None:
        if why := rules.moderation_refusal(to, competition):
            raise Refusal(_("%(name)s cannot take it: they do not moderate here.") % {"name": to})
        if why := conflicts.conflict_refusal(to, entry.team):
            raise Refusal(why if to == by else _("%(name)s has a conflict with this team.") % {"name": to})
    with transaction.atomic():
        where: dict[str, Any] = {"competition": competition, "section": entry.section, "item": entry.key}
        before = Assignment.objects.filter(**where).select_related("user").first()
        if to is None:
            Assignment.objects.filter(**where).delete()
        else:
            Assignment.objects.update_or_create(**where, defaults={"user": to})
        names = [before.user.get_username() if before else "", to.get_username() if to else ""]
        if names[0] != names[1]:
            audit.record_change(entry.subject, by, {"assignee": names})


def add_note(entry: QueueEntry, text: str, by: User) -> PrivateNote:
    """Creates a private note on an item for the other moderators. Raises PermissionDenied, Refusal."""
    if why := rules.decision_refusal(by, entry.competition, entry.team):
        raise PermissionDenied(why)
    text = text.strip()
    if not text:
        raise Refusal(_("Write something first."))
    if len(text) > LONGEST_NOTE:
        raise Refusal(_("A note has at most %(most)s characters.") % {"most": LONGEST_NOTE})
    with transaction.atomic():
        made = PrivateNote.objects.create(
            competition=entry.competition, section=entry.section, item=entry.key, author=by, text=text
        )
        # The words stay in the note: the trail says only that there is one.
        audit.record_change(entry.subject, by, {"private_note": ["", str(made.pk)]})
    return made


def readable_notes(user: User, entry: QueueEntry, membership: Membership | None = None) -> list[PrivateNote]:
    """Private notes on an item, oldest first; none for a person with a conflict with its team."""
    if rules.decision_refusal(user, entry.competition, entry.team, membership):
        return []
    found = PrivateNote.objects.filter(competition=entry.competition, section=entry.section, item=entry.key)
    return list(found.select_related("author"))


def declare_conflict(team: Team, reason: str, by: User) -> Conflict:
    """Creates the moderator's declared conflict of interest with a team: from now on somebody else decides. Raises
    PermissionDenied.
    """
    if why := rules.moderation_refusal(by, team.competition):
        raise PermissionDenied(why)
    with transaction.atomic():
        made, created = Conflict.objects.get_or_create(
            competition=team.competition, user=by, team=team, defaults={"reason": reason.strip()[:300]}
        )
        if created:
            audit.record_change(team, by, {"conflict": ["", by.get_username()]}, made.reason)
    return made


def take_back_conflict(conflict: Conflict, by: User) -> None:
    """Deletes a declared conflict, by an organiser who says that there is none (any more); nobody clears their own.

    Raises PermissionDenied for everybody else.
    """
    competition = conflict.competition
    if why := rules.moderation_refusal(by, competition):
        raise PermissionDenied(why)
    if conflict.user_id == by.pk or not rules.may_organise(by, competition):
        raise PermissionDenied(_("Another organiser has to take a declared conflict back."))
    with transaction.atomic():
        audit.record_change(conflict.team, by, {"conflict": [conflict.user.get_username(), ""]})
        conflict.delete()
