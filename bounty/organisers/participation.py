"""Participation in a competition, counted in a bounded number of queries, whatever the number of submissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from bounty.models import Competition, Submission

State = Submission.State
DAYS_SHOWN = 60
ACTIVE = timedelta(days=7)


@dataclass(frozen=True)
class TeamActivity:
    """A team's numbers of members, submissions and accepted ones."""

    name: str
    slug: str
    members: int
    sent: int
    accepted: int
    last_at: datetime | None


@dataclass(frozen=True)
class Participation:
    """Numbers of people, teams and submissions. `days` counts every day since the first submission, at most the
    last 60.
    """

    entered: int
    invited: int
    teams: int
    teams_that_sent: int
    sent: int
    active_people: int
    days: tuple[tuple[date, int], ...]
    states: tuple[tuple[str, int], ...]
    busiest: tuple[TeamActivity, ...]
    idle: int


def measure_participation(competition: Competition, now: datetime, teams_shown: int = 20) -> Participation:
    """The participation in a competition; `teams_shown` of the most active teams by name."""
    sent = competition.submissions
    people = competition.participations.aggregate(entered=Count("accepted_terms_at"), seen=Count("pk"))
    found = sent.aggregate(sent=Count("pk"), teams=Count("team", distinct=True), last=Max("created_at"))
    active = sent.filter(created_at__gte=now - ACTIVE).values("author").distinct().count()
    teams = competition.teams.count()
    return Participation(
        people["entered"],
        people["seen"] - people["entered"],
        teams,
        found["teams"],
        found["sent"],
        active,
        _days(competition, now),
        _states(competition),
        _busiest(competition, teams_shown),
        teams - found["teams"],
    )


def _days(competition: Competition, now: datetime) -> tuple[tuple[date, int], ...]:
    since = now - timedelta(days=DAYS_SHOWN - 1)
    counted = dict(
        competition.submissions.filter(created_at__date__gte=since.date())
        .annotate(day=TruncDate("created_at"))
        .order_by()
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    if not counted:
        return ()
    first, today = min(counted), max(now.date(), max(counted))
    every = (first + timedelta(days=number) for number in range((today - first).days + 1))
    return tuple((day, counted.get(day, 0)) for day in every)


def _states(competition: Competition) -> tuple[tuple[str, int], ...]:
    counted = dict(competition.submissions.order_by().values_list("state").annotate(count=Count("pk")))
    return tuple((str(state.label), counted[state]) for state in State if counted.get(state))


def _busiest(competition: Competition, most: int) -> tuple[TeamActivity, ...]:
    accepted = dict(
        competition.submissions.filter(state=State.ACCEPTED)
        .order_by()
        .values_list("team")
        .annotate(count=Count("pk"))
    )
    rows = competition.teams.annotate(
        sent=Count("submissions", distinct=True),
        people=Count("members", distinct=True),
        last_at=Max("submissions__created_at"),
    ).order_by("-sent", "name")[:most]
    return tuple(
        TeamActivity(row.name, row.slug, row.people, row.sent, accepted.get(row.pk, 0), row.last_at)
        for row in rows
    )
