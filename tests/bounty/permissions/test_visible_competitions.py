"""Who sees a competition: the queryset and the predicate say the same of every kind of person in every state."""

from __future__ import annotations

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from bounty.models import Competition, Participation, Role, Team, TeamMember
from bounty.models.competition import is_visible_to
from bounty.notifications import recipients
from bounty.permissions import rules
from bounty.permissions.memberships import load_membership
from tests.world import new_user

pytestmark = pytest.mark.django_db

Status, Visibility = Competition.Status, Competition.Visibility
STATES = list(itertools.product(Status, Visibility, (False, True)))


@pytest.fixture
def people(competition):
    """One of each kind, by what they are there."""
    kinds = (
        "stranger",
        "invited",
        "entered",
        "in a team",
        "in a team without an entry",
        "moderator",
        "organiser",
        "serves and competes",
        "superuser",
        "inactive entrant",
        "inactive moderator",
        "inactive superuser",
    )
    found = {kind: new_user(kind.replace(" ", "-")) for kind in kinds}
    for kind in ("superuser", "inactive superuser"):
        found[kind].is_superuser = True
    for kind in kinds[-3:]:
        found[kind].is_active = False
    for user in found.values():
        user.save()
    Participation.objects.create(competition=competition, user=found["invited"], invited=True)
    for kind in ("entered", "in a team", "serves and competes", "inactive entrant"):
        Participation.objects.create(
            competition=competition, user=found[kind], accepted_terms_at=timezone.now()
        )
    for kind in ("in a team", "in a team without an entry", "serves and competes"):
        team = Team.objects.create(competition=competition, name=kind, slug=found[kind].username)
        TeamMember.objects.create(competition=competition, team=team, user=found[kind])
    for kind in ("moderator", "serves and competes", "inactive moderator"):
        Role.objects.create(competition=competition, user=found[kind], kind=Role.Kind.MODERATOR)
    Role.objects.create(competition=competition, user=found["organiser"], kind=Role.Kind.ORGANISER)
    return {"visitor": AnonymousUser(), "its maker": competition.organiser} | found


@pytest.fixture
def elsewhere(make, people):
    """Another competition, where everybody who is active serves: it must open nothing here."""
    other = make(visibility=Visibility.INVITATION).competition
    for user in people.values():
        if user.is_authenticated and user.is_active and user != other.organiser:
            Role.objects.create(competition=other, user=user, kind=Role.Kind.ORGANISER)
    return other


def set_state(competition, status, visibility, rehearsal):
    competition.status, competition.visibility, competition.rehearsal = status, visibility, rehearsal
    competition.save()


def seen_by(people, competition):
    return {
        kind
        for kind, user in people.items()
        if is_visible_to(competition, user, load_membership(user, competition))
    }


def listed_for(people, competition):
    return {
        kind
        for kind, user in people.items()
        if Competition.objects.visible_to(user).filter(pk=competition.pk).exists()
    }


EVERYBODY = {
    "visitor", "its maker", "stranger", "invited", "entered", "in a team", "in a team without an entry", "moderator",
    "organiser", "serves and competes", "superuser", "inactive entrant", "inactive moderator", "inactive superuser",
}  # fmt: skip
INSIDE = {"its maker", "moderator", "organiser", "serves and competes", "superuser"}
ENTERED = {"invited", "entered", "in a team"}


def expected(status, visibility, rehearsal):
    """The rule a third time, in the words of docs/organisers.md; the two that count must agree with it."""
    if status == Status.PREPARING:
        return INSIDE
    if status == Status.DRAFT or visibility == Visibility.INVITATION or rehearsal:
        return INSIDE | ENTERED
    return EVERYBODY


@pytest.mark.parametrize(("status", "visibility", "rehearsal"), STATES)
def test_the_queryset_and_the_predicate_agree(people, elsewhere, competition, status, visibility, rehearsal):
    set_state(competition, status, visibility, rehearsal)
    wanted = expected(status, visibility, rehearsal)
    assert listed_for(people, competition) == wanted
    assert seen_by(people, competition) == wanted
    everybody = Competition.objects.publicly_visible().filter(pk=competition.pk).exists()
    assert competition.is_publicly_visible == everybody == (wanted == EVERYBODY)


@pytest.mark.parametrize(("status", "visibility", "rehearsal"), STATES)
def test_permissions_and_notices_follow_the_same_rule(people, competition, status, visibility, rehearsal):
    set_state(competition, status, visibility, rehearsal)
    wanted = expected(status, visibility, rehearsal)
    assert {kind for kind, user in people.items() if rules.can_view(user, competition)} == wanted
    users = [user for user in people.values() if user.is_authenticated]
    told = recipients.permitted_users(users, competition)
    assert told == [
        user for kind, user in people.items() if kind in wanted and user in users and user.is_active
    ]


def test_a_competition_is_listed_once_for_who_is_there_in_many_ways(people, competition):
    Role.objects.create(competition=competition, user=people["serves and competes"], kind=Role.Kind.ORGANISER)
    set_state(competition, Status.OPEN, Visibility.INVITATION, rehearsal=False)
    assert Competition.objects.visible_to(people["serves and competes"]).count() == 1
