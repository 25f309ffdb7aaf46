"""Sections of the moderators' queue for the discussion: held texts and reports of abuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from bounty.core.primary_keys import read_primary_key
from bounty.discussion import reportable
from bounty.models import AbuseReport, Competition, Post, WriteUp
from bounty.models.discussion import AuthoredText
from bounty.moderation import queue_sections  # noqa: F401 - its sections come before these
from bounty.moderation.sections import MOST, QueueEntry, register_section

SAYS = 160
# A text that is held, or a report, that waits longer is late; nothing happens by itself.
WITHIN = timedelta(hours=48)
POST, WRITE_UP = "post", "write-up"


class HeldTexts:
    """Queue section of the posts and write-ups that the screening held."""

    name = "texts"

    @property
    def title(self) -> str:
        return _("Held posts and write-ups")

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        posts = Post.objects.filter(thread__competition=competition, state=AuthoredText.State.HELD)
        posts = posts.select_related("thread", "author").order_by("held_at")[:MOST]
        write_ups = WriteUp.objects.filter(competition=competition, state=AuthoredText.State.HELD)
        write_ups = write_ups.select_related("team", "author").order_by("held_at")[:MOST]
        entries = [_text_entry(competition, post) for post in posts]
        entries += [_text_entry(competition, write_up) for write_up in write_ups]
        return sorted(entries, key=lambda entry: entry.since)[:MOST]

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        name, _dash, number = key.rpartition("-")
        kind = reportable.kind_by_name(name) if name in (POST, WRITE_UP) else None
        row = kind.find(competition, number) if kind else None
        return _text_entry(competition, row) if row is not None and row.held_at is not None else None

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        done = {"held_at__isnull": False, "decided_at__gte": since}
        posts = Post.objects.filter(thread__competition=competition, **done)
        write_ups = WriteUp.objects.filter(competition=competition, **done)
        for rows in (
            posts.values_list("held_at", "decided_at"),
            write_ups.values_list("held_at", "decided_at"),
        ):
            for held_at, decided_at in rows:
                if held_at is not None and decided_at is not None:
                    yield decided_at - held_at


class AbuseReports:
    """Queue section of the reports of abuse."""

    name = "reports"

    @property
    def title(self) -> str:
        return _("Reports of abuse")

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        rows = AbuseReport.objects.filter(competition=competition, state=AbuseReport.State.OPEN)
        rows = rows.select_related("target_type", "reporter").prefetch_related("target")
        return [_report_entry(competition, row) for row in rows[:MOST]]

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        rows = AbuseReport.objects.filter(competition=competition, pk=read_primary_key(key))
        row = rows.select_related("target_type", "reporter").first()
        return _report_entry(competition, row) if row else None

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        done = AbuseReport.objects.filter(competition=competition, decided_at__gte=since)
        for created_at, decided_at in done.values_list("created_at", "decided_at"):
            if decided_at is not None:
                yield decided_at - created_at


def _text_entry(competition: Competition, row: Post | WriteUp) -> QueueEntry:
    """Queue entry of a held post or write-up."""
    name = POST if isinstance(row, Post) else WRITE_UP
    title = row.thread.title if isinstance(row, Post) else row.title
    since = row.held_at or row.created_at
    return QueueEntry(
        competition=competition,
        section=HeldTexts.name,
        key=f"{name}-{row.pk}",
        title=_("%(person)s in “%(title)s”") % {"person": row.author.get_username(), "title": title},
        says=row.text[:SAYS],
        folded=True,
        why=row.reason,
        team=None if isinstance(row, Post) else row.team,
        since=since,
        url=reverse("moderate-text", args=[competition.slug, name, row.pk]),
        subject=row,
        due=since + WITHIN,
        at_due=_("It stays hidden until somebody decides."),
    )


def _report_entry(competition: Competition, row: AbuseReport) -> QueueEntry:
    """Queue entry of a report of abuse."""
    kind = reportable.kind_of_type(row.target_type)
    target = row.target
    return QueueEntry(
        competition=competition,
        section=AbuseReports.name,
        key=str(row.pk),
        title=_("%(what)s: %(category)s")
        % {"what": kind.label if kind else row.target_type, "category": row.get_category_display()},
        says=row.said[:SAYS],
        folded=True,
        why=row.text,
        team=kind.team(target) if kind and target else None,
        since=row.created_at,
        url=reverse("moderate-report", args=[competition.slug, row.pk]),
        subject=row,
        due=row.created_at + WITHIN,
        at_due=_("What was reported stays until somebody decides."),
    )


register_section(HeldTexts())
register_section(AbuseReports())
