"""Teams: created, named, joined and left; one team a person a competition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.core.slugs import free_slug
from bounty.models import Competition, Invitation, Participation, Team, TeamMember
from bounty.models.participation import new_token
from bounty.notifications import events
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from bounty.models.memberships import Membership

NAME_LENGTH = 60


def team_of(
    user: User | AnonymousUser, competition: Competition, membership: Membership | None = None
) -> Team | None:
    """The person's team in this competition, if any; no query where their membership, if passed, names none."""
    if not user.is_authenticated or (membership is not None and membership.team_id is None):
        return None
    return Team.objects.filter(competition=competition, members__user=user).first()


def accept_terms(user: User, competition: Competition, now: datetime) -> Participation:
    """Writes the person's acceptance of the terms; accepting twice keeps the first time."""
    participation, _ = Participation.objects.get_or_create(competition=competition, user=user)
    Participation.objects.filter(pk=participation.pk, accepted_terms_at=None).update(accepted_terms_at=now)
    return participation


def create_team(user: User, competition: Competition, name: str) -> Team:
    """Creates a team with this person in it.

    Raises
    ------
    Refusal
        The person already has a team here, or the name is taken.
    """
    name = " ".join(name.split())
    try:
        with transaction.atomic():
            slug = free_slug(name, competition.teams.all(), length=NAME_LENGTH, otherwise="team")
            team = Team.objects.create(competition=competition, name=name, slug=slug)
    except IntegrityError:
        raise Refusal(
            _("A team called “%(name)s” is already here. Please choose another name.") % {"name": name}
        ) from None
    try:
        with transaction.atomic():
            TeamMember.objects.create(team=team, competition=competition, user=user)
    except IntegrityError:
        # Two requests at once: the database let one membership in, and this team would stay empty.
        team.delete()
        raise Refusal(_("You are in a team of this competition already.")) from None
    return team


def create_solo_team(user: User, competition: Competition) -> Team:
    """Creates a team of one, named after the person; a number is added where the name is taken. Raises Refusal."""
    base = user.get_username()[: NAME_LENGTH - 4]
    taken = set(competition.teams.filter(name__startswith=base).values_list("name", flat=True))
    name, number = base, 2
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return create_team(user, competition, name)


def rename_team(team: Team, name: str) -> None:
    """Changes a team's name; the address stays, so that links keep working. Raises Refusal when it is taken."""
    team.name = " ".join(name.split())
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError:
        raise Refusal(
            _("A team called “%(name)s” is already here. Please choose another name.") % {"name": team.name}
        ) from None


def renew_link(team: Team) -> None:
    """Renews a team's link: nobody can join by the old one any longer."""
    team.token = new_token()
    team.save(update_fields=["token"])


def join_team(user: User, team: Team) -> None:
    """Adds a person to a team; somebody who sits alone in one that never sent anything moves over.

    Raises Refusal when the person is bound to another team.
    """
    with transaction.atomic():
        present = team_of(user, team.competition)
        if present == team:
            return
        if present is not None:
            if present.submissions.exists() or present.members.count() > 1:
                raise Refusal(
                    _("You are in “%(name)s” already. Leave it first, then open this link again.")
                    % {"name": present.name}
                )
            present.delete()
        try:
            with transaction.atomic():
                TeamMember.objects.create(team=team, competition=team.competition, user=user)
        except IntegrityError:
            # Two links at once: the database lets one membership in.
            raise Refusal(_("You are in a team of this competition already.")) from None
        events.notify_joined(team, user)


def leave_team(user: User, team: Team) -> None:
    """Removes a person from a team. What was sent stays with it, and counts for its author elsewhere
    (bounty.ledger.allowance).

    Raises Refusal when nobody would be left to answer for what was sent.
    """
    with transaction.atomic():
        others = team.members.exclude(user=user).exists()
        if not others and team.submissions.exists():
            raise Refusal(
                _(
                    "You are the last member, and this team has sent submissions. "
                    "Invite somebody else before you leave, or stay and rename the team."
                )
            )
        TeamMember.objects.filter(team=team, user=user).delete()
        events.notify_left(team, user)
        if not others:
            # An empty team would only keep its name from others.
            team.delete()


def accept_invitation(invitation: Invitation, user: User) -> bool:
    """Admits a person by an invitation; False when the link was used up. A second visit uses nothing."""
    with transaction.atomic():
        participation = Participation.objects.filter(competition=invitation.competition, user=user).first()
        if participation is not None and participation.invited:
            return True
        if rules.newcomer_refusal(invitation.competition):
            return False
        # Compare-and-set: two people on a link's last use must not both come in.
        if not Invitation.objects.filter(pk=invitation.pk, uses_left__gt=0).update(
            uses_left=F("uses_left") - 1
        ):
            return False
        Participation.objects.update_or_create(
            competition=invitation.competition, user=user, defaults={"invited": True}
        )
    return True
