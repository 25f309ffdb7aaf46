"""Conflicts of interest: the people whose judgement of a team could be doubted.

Theirs who declared it, are on the team, or are on another team with one of its members. It holds for superusers and
organisers too. Somebody else who serves the competition decides then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bounty.models import Competition, Conflict, Team, TeamMember

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet


def conflict_refusal(user: User, team: Team | None) -> str:
    """The reason why this person may not decide about that team, in words for them; "" when they may."""
    if team is None:
        return ""
    return _reasons(
        user,
        Conflict.objects.filter(team=team),
        TeamMember.objects.filter(team=team),
        rehearsal=team.competition.rehearsal,
    ).get(team.pk, "")


def conflict_refusals(user: User, competition: Competition) -> dict[int, str]:
    """Reasons why this person may not decide, by the id of each team of the competition with which they have a
    conflict.
    """
    return _reasons(
        user,
        Conflict.objects.filter(competition=competition),
        TeamMember.objects.filter(competition=competition),
        rehearsal=competition.rehearsal,
    )


def people_in_conflict(team: Team | None) -> set[int]:
    """The ids of all people who may not decide about the team; empty without one."""
    if team is None:
        return set()
    found = set(Conflict.objects.filter(team=team).values_list("user", flat=True))
    if not team.competition.rehearsal:
        # Everybody who is on any team with one of its members: that includes the members.
        together = TeamMember.objects.filter(team__members__user__memberships__team=team)
        found.update(together.values_list("user", flat=True))
    return found


def _reasons(
    user: User, declared: QuerySet[Conflict], members: QuerySet[TeamMember], *, rehearsal: bool
) -> dict[int, str]:
    found: dict[int, str] = {}
    if not rehearsal:
        shared = members.filter(user__memberships__team__members__user=user).exclude(user=user)
        for team, name in shared.values_list("team", "user__username"):
            found[team] = _(
                "You are on a team with %(name)s in another competition, so somebody else has to decide "
                "about this team."
            ) % {"name": name}
    for team in declared.filter(user=user).values_list("team", flat=True):
        found[team] = _("You declared a conflict with this team, so somebody else has to decide about it.")
    if not rehearsal:
        for team in members.filter(user=user).values_list("team", flat=True):
            found[team] = _("You are on this team, so somebody else has to decide about it.")
    return found
