"""Recipients of notices: lists of users, each told only what they may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Q

from bounty.models import Competition, Follow, Participation, Role, Submission, TeamMember
from bounty.models.competition import is_visible_to
from bounty.permissions.memberships import load_memberships, membership_or_load

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models.memberships import Membership


def permitted_users(users: Iterable[User], competition: Competition | None) -> list[User]:
    """Those of the users who are active and may view the competition, each once."""
    people = list({user.pk: user for user in users if user.is_active}.values())
    if competition is None or competition.is_publicly_visible:
        return people
    known = load_memberships(people, competition)
    return [user for user in people if is_visible_to(competition, user, known[user.pk])]


def team_members(submission: Submission) -> list[User]:
    """All members of the submission's team."""
    return TeamMember.objects.users_of(submission.team_id)


def followers(competition: Competition) -> list[User]:
    """The competition's followers: all who entered and did not unfollow it, and all who follow without having
    entered.
    """
    unfollowed = Follow.objects.filter(competition=competition, on=False).values("user")
    following = Follow.objects.filter(competition=competition, on=True).values("user")
    entered = Participation.objects.filter(competition=competition).values("user")
    people = get_user_model().objects.filter(Q(pk__in=following) | Q(pk__in=entered), is_active=True)
    return list(people.exclude(pk__in=unfollowed))


def entrants(competition: Competition) -> list[User]:
    """All active users who entered or took up an invitation, whether or not they follow."""
    entered = Participation.objects.filter(competition=competition).values("user")
    return list(get_user_model().objects.filter(pk__in=entered, is_active=True))


def organisers(competition: Competition) -> list[User]:
    """The competition's organisers: its maker, and all with the role."""
    serving = Role.objects.filter(competition=competition, kind=Role.Kind.ORGANISER).values("user")
    return list(
        get_user_model().objects.filter(Q(pk=competition.organiser_id) | Q(pk__in=serving), is_active=True)
    )


def is_follower(user: User, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether this person hears of accepted patches and phases there."""
    chosen = Follow.objects.filter(user=user, competition=competition).values_list("on", flat=True).first()
    if chosen is not None:
        return bool(chosen)
    return membership_or_load(user, competition, membership).entered
