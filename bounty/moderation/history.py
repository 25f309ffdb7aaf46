"""History for moderators: a team's earlier submissions, refusals and bans, and the audit trail of an item in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Count
from django.utils.translation import gettext as _

from bounty.models import Appeal, Ban, Competition, Submission, Team, TeamMember, Triage

State = Submission.State
NEWEST = 12
ENTRIES = 50


@dataclass(frozen=True)
class SenderHistory:
    """One team's record in one competition, as a moderator sees it."""

    team: Team
    members: list[Any]
    counts: list[tuple[str, int]]  # state, submissions
    newest: list[Submission]  # with their verdicts
    refusals: list[Submission]  # refused or disqualified before
    bans: list[Ban]


@dataclass(frozen=True)
class TrailEvent:
    """One line of the audit trail in words."""

    at: Any
    who: str
    what: str
    reason: str


def sender_history(submission: Submission) -> SenderHistory:
    """The record of the submission's team, in this competition only."""
    team = submission.team
    sent = team.submissions.all()
    counts = sent.order_by().values_list("state").annotate(number=Count("pk")).order_by("-number", "state")
    users = TeamMember.objects.users_of(team)
    others = sent.exclude(pk=submission.pk).select_related("verdict", "author")
    refused = others.filter(state__in=(State.REFUSED, State.DISQUALIFIED))
    bans = Ban.objects.filter(competition=submission.competition, user__in=[*users, submission.author_id])
    return SenderHistory(
        team,
        users,
        list(counts),
        _with_competition(submission.competition, others[:NEWEST]),
        _with_competition(submission.competition, refused[:NEWEST]),
        list(bans.select_related("user", "created_by")),
    )


def audit_trail(*subjects: Any) -> list[TrailEvent]:
    """Audit events of these rows, newest first: person, change, reason."""
    entries: list[LogEntry] = []
    for subject in subjects:
        found = LogEntry.objects.get_for_object(subject).select_related("actor")
        entries += found.order_by("-timestamp", "-pk")[:ENTRIES]
    entries.sort(key=lambda entry: entry.timestamp, reverse=True)
    events = [_event(entry) for entry in entries]
    return [event for event in events if event.what][:ENTRIES]


# Fields whose changes say what somebody decided; the others are the machine's own steps.
def _field_names() -> dict[str, str]:
    return {
        "state": _("state"),
        "hold": _("hold"),
        "assignee": _("looked at by"),
        "private_note": _("a private note"),
        "severity": _("severity"),
        "embargo_until": _("hidden from the public until"),
        "answer": _("the organiser's answer"),
        "conflict": _("declared conflict"),
        "user": _("excluded"),
    }


def _event(entry: LogEntry) -> TrailEvent:
    named = _field_names()
    changes = entry.changes_dict or {}
    lines = [
        _line(named[name], name, *map(str, change))
        for name, change in changes.items()
        if name in named and isinstance(change, list | tuple) and len(change) == 2
    ]
    told = [line for line in lines if line]
    who = entry.actor.get_username() if entry.actor else _("the platform")
    reason = (entry.additional_data or {}).get("reason", "")
    return TrailEvent(entry.timestamp, who, "; ".join(told), reason)


def _line(words: str, name: str, old: str, new: str) -> str:
    if name == "private_note":
        return words
    old, new = (_value(name, value) for value in (old, new))
    if old == new:
        return ""
    return f"{words}: {old} → {new}" if old else f"{words}: {new}"


def _value(name: str, value: str) -> str:
    if name == "assignee":
        return value or _("nobody")
    if value in ("", "None", "none"):
        return ""
    choices: dict[str, Any] = {"state": State, "severity": Triage.Severity, "answer": Triage.Answer}
    if name == "state" and value in Appeal.State:
        return str(Appeal.State(value).label)
    kind = choices.get(name)
    return str(kind(value).label) if kind is not None and value in kind else value


def _with_competition(competition: Competition, rows: Any) -> list[Submission]:
    found: list[Submission] = list(rows)
    for row in found:
        row.competition = competition
    return found
