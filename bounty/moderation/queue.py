"""The one queue: every section's items with who looks at them, filtered and sorted for one moderator."""

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
from bounty.moderation.sections import Entry
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
class Row:
    """One item as one moderator sees it; `conflict` says why they may not decide about it."""

    entry: Entry
    assignee: User | None
    mine: bool
    conflict: str
    soon: bool

    @property
    def name(self) -> str:
        """How forms name it."""
        return f"{self.entry.section}:{self.entry.key}"

    @property
    def in_bulk(self) -> bool:
        return self.entry.section == HELD and not self.conflict


@dataclass(frozen=True)
class Wanted:
    """What the reader asked to see; "" for all."""

    section: str = ""
    who: str = ""
    text: str = ""
    soon: bool = False

    def holds(self, row: Row) -> bool:
        if self.section and row.entry.section != self.section:
            return False
        if self.soon and not row.soon:
            return False
        if self.who and self.who != _who(row):
            return False
        words = f"{row.entry.title} {row.entry.says} {row.entry.why}".casefold()
        return self.text.casefold() in words


@dataclass(frozen=True)
class Outcome:
    """What became of one item of a form."""

    name: str
    title: str
    done: bool
    words: str


def waiting(competition: Competition) -> list[Entry]:
    return [entry for section in sections.all_sections() for entry in section.waiting(competition)]


def rows(competition: Competition, entries: Iterable[Entry], user: User, now: datetime) -> list[Row]:
    """Their own first, then what nobody looks at, then others'; within these by the clock."""
    given = Assignment.objects.filter(competition=competition).select_related("user")
    by_item = {(each.section, each.item): each.user for each in given}
    in_conflict = conflicts.conflict_refusals(user, competition)
    found = []
    for entry in entries:
        assignee = by_item.get((entry.section, entry.key))
        soon = entry.due is not None and entry.due - now < SOON
        conflict = in_conflict.get(entry.team.pk, "") if entry.team else ""
        found.append(Row(entry, assignee, assignee == user, conflict, soon))
    order = (MINE, NOBODY, OTHERS)
    return sorted(found, key=lambda row: (order.index(_who(row)), row.entry.due or row.entry.since))


def _who(row: Row) -> str:
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
) -> list[Outcome]:
    """Release, refuse or assign each named item, each by its own service and in its own transaction."""
    act = _actions(do, by, reason, to)
    return [_one(competition, name, act) for name in list(names)[:AT_ONCE]]


def _actions(do: str, by: User, reason: str, to: User | None) -> Callable[[Entry], str]:
    def release(entry: Entry) -> str:
        decisions.release(_held(entry), by)
        return _("released")

    def refuse(entry: Entry) -> str:
        decisions.refuse(_held(entry), reason, by)
        return _("refused")

    def assign(entry: Entry) -> str:
        assignments.assign(entry, to, by)
        return _("%(name)s looks at it") % {"name": to} if to else _("given back")

    return {"release": release, "refuse": refuse, "assign": assign}[do]


def _held(entry: Entry) -> Submission:
    if entry.section != HELD or not isinstance(entry.subject, Submission):
        raise Refusal(_("Only a held submission is released or refused; open this one."))
    return entry.subject


def _one(competition: Competition, name: str, act: Callable[[Entry], str]) -> Outcome:
    section, _colon, key = name.partition(":")
    entry = sections.find(competition, section, key)
    if entry is None:
        return Outcome(name, name[:60], False, _("It is not in this queue."))
    try:
        return Outcome(name, entry.title, True, act(entry))
    except (BountyError, PermissionDenied) as error:
        return Outcome(name, entry.title, False, str(error))
