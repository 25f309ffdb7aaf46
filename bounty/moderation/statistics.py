"""Statistics of the queue: items that wait, the oldest, and the median time of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.models import Competition
from bounty.moderation.sections import QueueEntry, all_sections

# Decisions of the last 90 days count for the median.
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True)
class SectionNumbers:
    """One section's numbers: open items, the oldest, decided ones, and the median time of a decision."""

    name: str
    title: str
    open: int
    oldest: datetime | None
    decided: int
    median: timedelta | None

    @property
    def median_text(self) -> str:
        return _("none yet") if self.median is None else duration_in_words(self.median)


def section_numbers(
    competition: Competition, entries: Sequence[QueueEntry], now: datetime
) -> list[SectionNumbers]:
    """Numbers of every section, from its waiting items (already read) and people's decisions."""
    found = []
    for section in all_sections():
        waiting = [entry.since for entry in entries if entry.section == section.name]
        took = list(section.decision_times(competition, now - LOOKED_BACK))
        found.append(
            SectionNumbers(
                section.name,
                str(section.title),
                len(waiting),
                min(waiting, default=None),
                len(took),
                timedelta(seconds=median(each.total_seconds() for each in took)) if took else None,
            )
        )
    return found


def duration_in_words(length: timedelta) -> str:
    """A length of time in words, rounded down to one unit: "5 hours", "2 days"."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    days = minutes // (24 * 60)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
