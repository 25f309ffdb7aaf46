"""Registry of the queue's sections; other packages add theirs with `register_section`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from django.http import Http404

if TYPE_CHECKING:
    from django.db.models import Model

    from bounty.models import Competition, Team

# A section shows that many of its oldest items; the rest come up as these are decided.
MOST = 500


@dataclass(frozen=True)
class QueueEntry:
    """One item that waits for a moderator. `key` names it within its section, at most 40 characters.

    `subject` is the row whose audit trail tells its history. `due` is when something happens by itself, or when it
    counts as late; `at_due` says what happens then, in one sentence. Where `says` is somebody's own writing, `folded`
    keeps it out of sight until a moderator asks for it.
    """

    competition: Competition
    section: str
    key: str
    title: str
    says: str
    why: str
    team: Team | None
    since: datetime
    url: str
    subject: Model
    due: datetime | None = None
    at_due: str = ""
    folded: bool = False


class Section(Protocol):
    """One kind of work in the queue. Each method asks a bounded number of queries, whatever the number of items."""

    name: str

    @property
    def title(self) -> str:
        """Title of the section, in the plural."""
        ...

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        """Items that wait, oldest first, at most MOST."""
        ...

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        """One item by its key, decided or not; None where there is none such in this competition."""
        ...

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        """How long people took to decide on each item that was decided since then."""
        ...


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """Adds a section to the queue; called once, from AppConfig.ready or at import. The last of a name counts."""
    _sections[section.name] = section


def all_sections() -> tuple[Section, ...]:
    """All sections, in the order in which they were registered."""
    return tuple(_sections.values())


def section_by_name(name: str) -> Section | None:
    """The section of that name; None where there is none."""
    return _sections.get(name)


def find_entry(competition: Competition, section_name: str, key: str) -> QueueEntry | None:
    """The item that a form names; None where there is none."""
    found = _sections.get(section_name)
    return found.find_entry(competition, key) if found else None


def entry_or_404(competition: Competition, section_name: str, key: str) -> QueueEntry:
    """The item that an address names. Raises Http404 where there is none such."""
    entry = find_entry(competition, section_name, key)
    if entry is None:
        raise Http404("no such item in the queue")
    return entry
