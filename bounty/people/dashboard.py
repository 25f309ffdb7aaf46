"""A person's dashboard: unread notices, running submissions, memberships, duties, drafts and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from bounty.models import (
    ApiToken,
    Competition,
    CompetitionDraft,
    DryRun,
    Notice,
    Role,
    Submission,
    TeamMember,
    WebHook,
)
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEWEST, ON_THEIR_WAY = 5, 20


@dataclass(frozen=True)
class Duty:
    """A competition that the person serves, and as what."""

    competition: Competition
    role: str
    organises: bool
    waiting: int  # held submissions that wait for a moderator


@dataclass(frozen=True)
class Dashboard:
    """The parts of the dashboard. `running` is at most ON_THEIR_WAY of `running_count`."""

    unread: Sequence[Notice]
    unread_count: int
    running: Sequence[Submission]
    running_count: int
    trying: Sequence[DryRun]
    memberships: Sequence[TeamMember]
    duties: Sequence[Duty]
    drafts: Sequence[CompetitionDraft]
    may_make: bool
    tokens: int
    hooks: int


def load_dashboard(user: User, now: datetime) -> Dashboard:
    """The person's dashboard, in a number of queries that does not grow with what there is."""
    unread = Notice.objects.for_reader(user).filter(read_at=None)
    mine = Submission.objects.filter(team__members__user=user, state__in=Submission.RUNNING)
    trying = DryRun.objects.filter(author=user, state__in=DryRun.UNFINISHED)
    drafts = CompetitionDraft.objects.filter(owner=user).exclude(state=CompetitionDraft.State.MADE)
    return Dashboard(
        unread=list(unread.select_related("competition")[:NEWEST]),
        unread_count=unread.count(),
        running=list(mine.select_related("competition").order_by("created_at")[:ON_THEIR_WAY]),
        running_count=mine.count(),
        trying=list(trying.select_related("competition")),
        memberships=_memberships(user),
        duties=_duties(user),
        drafts=list(drafts.order_by("-updated_at")[:NEWEST]),
        may_make=rules.can_make_competition(user),
        tokens=ApiToken.objects.filter(user=user).usable(now).count(),
        hooks=WebHook.objects.filter(owner=user, competition=None, active=True).count(),
    )


def _memberships(user: User) -> list[TeamMember]:
    """The person's teams, open competitions first; `sent` and `running` count the team's submissions."""
    rows = TeamMember.objects.filter(user=user).select_related("team__competition", "team__board_row")
    rows = rows.annotate(
        sent=Count("team__submissions"),
        running=Count("team__submissions", filter=Q(team__submissions__state__in=Submission.RUNNING)),
    )
    order = (Competition.Status.OPEN, Competition.Status.PAUSED, Competition.Status.DRAFT)

    def place(row: TeamMember) -> tuple[int, str]:
        status = row.team.competition.status
        known = [i for i, each in enumerate(order) if each == status]
        return (known[0] if known else len(order), row.team.competition.title)

    return sorted(rows, key=place)


def _duties(user: User) -> list[Duty]:
    """The person's duties: each competition once, as an organiser where they are both."""
    roles: dict[int, tuple[Competition, str]] = {}
    served = Role.objects.filter(user=user).select_related("competition")
    for role in served.order_by("-kind"):
        roles[role.competition_id] = (role.competition, role.kind)
    for competition in Competition.objects.filter(organiser=user):
        roles[competition.pk] = (competition, Role.Kind.ORGANISER)
    held = Submission.objects.awaiting_moderation().filter(competition__in=roles)
    waiting = dict(held.order_by().values_list("competition").annotate(count=Count("pk")))
    return sorted(
        (
            Duty(competition, str(Role.Kind(kind).label), kind == Role.Kind.ORGANISER, waiting.get(pk, 0))
            for pk, (competition, kind) in roles.items()
        ),
        key=lambda duty: duty.competition.title,
    )
