"""The moderators' queue: every section's items with their assignees, filtered and sorted for one moderator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Assignment, Competition, Submission
from bounty.moderation import assignments, decisions, sections
from bounty.moderation.queue_sections import HELD
from bounty.moderation.sections import QueueEntry
from bounty.permissions import conflicts
from evaluator.errors import BountyError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# An item whose clock runs out within that time is marked.
SOON = timedelta(hours=12)
MINE, NOBODY, OTHERS = "mine", "nobody", "others"
# A form decides about that many at once.
AT_ONCE = 100


@dataclass(frozen=True)
class QueueRow:
    """One item as one moderator sees it; `conflict` says why they may not decide about it."""

    entry: QueueEntry
    assignee: User | None
    mine: bool
    conflict: str
    soon: bool

    @property
    def name(self) -> str:
        """The item's name in forms."""
        return f"{self.entry.section}:{self.entry.key}"

    @property
    def in_bulk(self) -> bool:
        return self.entry.section == HELD and not self.conflict


@dataclass(frozen=True)
class QueueFilter:
    """The reader's choice of items; "" for all."""

    section: str = ""
    who: str = ""
    text: str = ""
    soon: bool = False

    def holds(self, row: QueueRow) -> bool:
        """Whether a row matches."""
        if self.section and row.entry.section != self.section:
            return False
        if self.soon and not row.soon:
            return False
        if self.who and self.who != _assignee_kind(row):
            return False
        words = f"{row.entry.title} {row.entry.says} {row.entry.why}".casefold()
        return self.text.casefold() in words


@dataclass(frozen=True)
class ItemOutcome:
    """The outcome of a decision about one item of a form."""

    name: str
    title: str
    done: bool
    words: str


def waiting_entries(competition: Competition) -> list[QueueEntry]:
    """All sections' waiting items."""
    return [entry for section in sections.all_sections() for entry in section.waiting_entries(competition)]


def queue_rows(
    competition: Competition, entries: Iterable[QueueEntry], user: User, now: datetime
) -> list[QueueRow]:
    """Rows for one moderator: their own first, then unassigned ones, then others'; within these by their due time."""
    given = Assignment.objects.filter(competition=competition).select_related("user")
    by_item = {(each.section, each.item): each.user for each in given}
    in_conflict = conflicts.conflict_refusals(user, competition)
    found = []
    for entry in entries:
        assignee = by_item.get((entry.section, entry.key))
        soon = entry.due is not None and entry.due - now < SOON
        conflict = in_conflict.get(entry.team.pk, "") if entry.team else ""
        found.append(QueueRow(entry, assignee, assignee == user, conflict, soon))
    order = (MINE, NOBODY, OTHERS)
    return sorted(found, key=lambda row: (order.index(_assignee_kind(row)), row.entry.due or row.entry.since))


def _assignee_kind(row: QueueRow) -> str:
    if row.mine:
        return MINE
    return OTHERS if row.assignee else NOBODY


def decide_many(
    competition: Competition,
    names: Iterable[str],
    do: str,
    by: User,
    *,
    reason: str = "",
    to: User | None = None,
) -> list[ItemOutcome]:
    """Releases, refuses or assigns each named item, each by its own service and in its own transaction."""
    act = _action(do, by, reason, to)
    return [_decide_one(competition, name, act) for name in list(names)[:AT_ONCE]]


def _action(do: str, by: User, reason: str, to: User | None) -> Callable[[QueueEntry], str]:
    def release(entry: QueueEntry) -> str:
        decisions.release_submission(_held_submission(entry), by)
        return _("released")

    def refuse(entry: QueueEntry) -> str:
        decisions.refuse_submission(_held_submission(entry), reason, by)
        return _("refused")

    def assign(entry: QueueEntry) -> str:
        assignments.assign_entry(entry, to, by)
        return _("%(name)s looks at it") % {"name": to} if to else _("given back")

    return {"release": release, "refuse": refuse, "assign": assign}[do]


def _held_submission(entry: QueueEntry) -> Submission:
    if entry.section != HELD or not isinstance(entry.subject, Submission):
        raise Refusal(_("Only a held submission is released or refused; open this one."))
    return entry.subject


def _decide_one(competition: Competition, name: str, act: Callable[[QueueEntry], str]) -> ItemOutcome:
    section, _colon, key = name.partition(":")
    entry = sections.find_entry(competition, section, key)
    if entry is None:
        return ItemOutcome(name, name[:60], False, _("It is not in this queue."))
    try:
        return ItemOutcome(name, entry.title, True, act(entry))
    except (BountyError, PermissionDenied) as error:
        return ItemOutcome(name, entry.title, False, str(error))
