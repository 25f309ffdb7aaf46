"""Sections of the queue: held submissions, open appeals, and untriaged findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from auditlog.models import LogEntry
from django.urls import reverse
from django.utils.translation import gettext as _

from bounty.core.primary_keys import read_primary_key
from bounty.models import Appeal, Competition, Submission, Team, Triage
from bounty.moderation import appeals, triage
from bounty.moderation.sections import MOST, QueueEntry, register_section

HELD, APPEALS, FINDINGS = "held", "appeals", "findings"
# Beyond that an appeal is late; nothing happens by itself, for a person has to answer.
ANSWERED_WITHIN = timedelta(hours=48)
State, Hold = Submission.State, Submission.Hold
SAYS = 160


class HeldSubmissions:
    """Queue section of the submissions that wait to be released or refused."""

    name = HELD

    @property
    def title(self) -> str:
        return _("Held submissions")

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        rows = competition.submissions.awaiting_moderation().select_related("team").order_by("held_at")
        return [self._entry(competition, row) for row in rows[:MOST]]

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        row = _submission(competition, key)
        return self._entry(competition, row) if row else None

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        # Nothing is held for longer than the clock allows, give or take a day on which it did not run.
        submissions = competition.submissions.filter(
            held_at__gte=since - Submission.HELD_AT_MOST - timedelta(days=1)
        )
        refused = submissions.filter(state=State.REFUSED, decided_at__gte=since)
        yield from _waiting_times(refused.values_list("held_at", "decided_at"))
        # The platform's own releases have no actor: the clock, not a person.
        released = LogEntry.objects.get_for_objects(submissions.filter(hold=Hold.RELEASED)).filter(
            timestamp__gte=since, changes__hold__1=Hold.RELEASED, actor__isnull=False
        )
        held = dict(submissions.filter(hold=Hold.RELEASED).values_list("pk", "held_at"))
        for pk, at in released.values_list("object_pk", "timestamp"):
            if (held_at := held.get(UUID(pk))) is not None:
                yield at - held_at

    def _entry(self, competition: Competition, row: Submission) -> QueueEntry:
        since = row.held_at or row.created_at
        return QueueEntry(
            competition=competition,
            section=HELD,
            key=str(row.pk),
            title=_("#%(number)s of %(team)s") % {"number": row.number, "team": row.team.name},
            says=_group_text(row),
            why=row.hold_reason,
            team=_team_of(competition, row),
            since=since,
            due=None if row.awaits_order else since + Submission.HELD_AT_MOST,
            at_due=(
                _("It is not run before somebody decides.")
                if row.awaits_order
                else _("If nobody decides, it is released by itself.")
            ),
            url=reverse("moderate-submission", args=[competition.slug, row.pk]),
            subject=row,
        )


class OpenAppeals:
    """Queue section of the appeals against decisions."""

    name = APPEALS

    @property
    def title(self) -> str:
        return _("Appeals")

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        return [self._entry(competition, row) for row in appeals.open_appeals(competition)[:MOST]]

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        rows = competition.appeals.select_related("team", "submission", "banned", "decided_by", "author")
        row = rows.filter(pk=read_primary_key(key)).first()
        return self._entry(competition, row) if row else None

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        answered = competition.appeals.filter(answered_at__gte=since)
        yield from _waiting_times(answered.values_list("created_at", "answered_at"))

    def _entry(self, competition: Competition, row: Appeal) -> QueueEntry:
        row.competition = competition
        if row.team is not None:
            row.team.competition = competition
        by = row.decided_by.get_username() if row.decided_by else _("the platform")
        about = f"#{row.submission.number}" if row.submission else str(row.banned)
        return QueueEntry(
            competition=competition,
            section=APPEALS,
            key=str(row.pk),
            title=_("%(kind)s of %(about)s")
            % {"kind": str(row.get_kind_display()).capitalize(), "about": about},
            says=_shorten(row.text),
            folded=True,
            why=_("Decided by %(name)s") % {"name": by},
            team=row.team,
            since=row.created_at,
            due=row.created_at + ANSWERED_WITHIN,
            at_due=_("After 48 hours it counts as late; it waits until a person answers."),
            url=row.get_absolute_url(),
            subject=row,
        )


class UntriagedFindings:
    """Queue section of the confirmed findings whose severity nobody has said."""

    name = FINDINGS

    @property
    def title(self) -> str:
        return _("Findings to triage")

    def waiting_entries(self, competition: Competition) -> Sequence[QueueEntry]:
        rows = triage.untriaged_findings(competition).order_by("decided_at", "number")
        return [self._entry(competition, row) for row in rows[:MOST]]

    def find_entry(self, competition: Competition, key: str) -> QueueEntry | None:
        row = _submission(competition, key)
        return self._entry(competition, row) if row and row.state in Submission.SHOWN_FINDINGS else None

    def decision_times(self, competition: Competition, since: datetime) -> Iterable[timedelta]:
        rows = Triage.objects.filter(submission__competition=competition, triaged_at__gte=since)
        yield from _waiting_times(rows.values_list("submission__decided_at", "triaged_at"))

    def _entry(self, competition: Competition, row: Submission) -> QueueEntry:
        return QueueEntry(
            competition=competition,
            section=FINDINGS,
            key=str(row.pk),
            title=_("Finding #%(number)s of %(team)s") % {"number": row.number, "team": row.team.name},
            says=_group_text(row),
            why=_("Its severity is not known yet."),
            team=_team_of(competition, row),
            since=row.decided_at or row.created_at,
            url=reverse("moderate-finding", args=[competition.slug, row.pk]),
            subject=row,
        )


def _waiting_times(times: Iterable[tuple[datetime | None, datetime | None]]) -> Iterable[timedelta]:
    return (stop - start for start, stop in times if start is not None and stop is not None)


def _submission(competition: Competition, key: str) -> Submission | None:
    try:
        pk = UUID(key)
    except ValueError:
        return None
    rows = competition.submissions.select_related("team", "author", "triage", "verdict")
    return rows.filter(pk=pk).first()


def _team_of(competition: Competition, row: Submission) -> Team:
    """The row's team, with the competition that is known already: its address needs no query."""
    row.competition = row.team.competition = competition
    return row.team


def _group_text(row: Submission) -> str:
    return _shorten(row.words or row.expression or str(row.get_group_kind_display()))


def _shorten(text: str) -> str:
    return text if len(text) <= SAYS else f"{text[: SAYS - 1]}…"


for _each in (HeldSubmissions(), OpenAppeals(), UntriagedFindings()):
    register_section(_each)
