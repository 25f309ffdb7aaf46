"""A membership that was loaded once and passed on answers as one that is loaded for each question."""

from __future__ import annotations

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from django.utils import timezone

from bounty.models import Competition, Participation, Role, Team, TeamMember
from bounty.models.memberships import Membership
from bounty.notifications import recipients
from bounty.people import teams
from bounty.permissions import rules
from bounty.permissions.memberships import load_membership, load_memberships, membership_of_reader

pytestmark = pytest.mark.django_db

QUESTIONS = (
    rules.can_view,
    rules.competition_roles,
    rules.is_organiser,
    rules.is_judge,
    rules.is_competitor,
    rules.is_participant,
    rules.serves_competition,
    rules.can_download_model,
    rules.entry_refusal,
    rules.submit_refusal,
    rules.moderation_refusal,
    teams.team_of,
)


@pytest.fixture
def readers(competition, alice, bob, charlie, mallory):
    """A stranger, and somebody in every kind of tie to the competition."""
    Role.objects.create(competition=competition, user=alice, kind=Role.Kind.MODERATOR)
    other = User.objects.create(username="dora")
    Role.objects.create(competition=competition, user=other, kind=Role.Kind.ORGANISER)
    team = Team.objects.create(competition=competition, name="Bob", slug="bob")
    TeamMember.objects.create(competition=competition, team=team, user=bob)
    Participation.objects.create(competition=competition, user=bob, accepted_terms_at=timezone.now())
    Participation.objects.create(competition=competition, user=charlie, invited=True)
    root = User.objects.create(username="root", is_superuser=True)
    return [AnonymousUser(), alice, bob, charlie, other, mallory, root, competition.organiser]


def request_of(user, method="get"):
    request = getattr(RequestFactory(), method)("/")
    request.user = user
    return request


def test_every_question_has_the_same_answer_with_a_membership_and_without(competition, readers):
    states = itertools.product(Competition.Status, Competition.Visibility, (True, False))
    for competition.status, competition.visibility, competition.rehearsal in states:
        for reader in readers:
            membership = load_membership(reader, competition)
            for question in QUESTIONS:
                said = question(reader, competition, membership)
                assert said == question(reader, competition), (reader, question, competition.status)


def test_a_membership_says_roles_team_and_entry(competition, readers, bob, charlie):
    team = bob.memberships.get().team
    assert load_membership(bob, competition) == Membership(
        competition.pk, bob.pk, team_id=team.pk, entered=True, accepted_terms=True
    )
    assert load_membership(charlie, competition) == Membership(competition.pk, charlie.pk, entered=True)


def test_who_made_the_competition_is_an_organiser_without_a_row(competition):
    assert not Role.objects.filter(competition=competition).exists()
    assert load_membership(competition.organiser, competition).roles == {Role.Kind.ORGANISER}


@pytest.mark.parametrize("active", [True, False])
def test_an_inactive_account_has_the_membership_of_a_visitor(competition, readers, bob, active):
    bob.is_active = active
    visitors = load_membership(AnonymousUser(), competition)
    assert (load_membership(bob, competition) == visitors) is not active


def test_many_memberships_are_those_of_each(competition, readers, django_assert_num_queries):
    people = [reader for reader in readers if reader.is_authenticated]
    with django_assert_num_queries(1):
        found = load_memberships(people, competition)
    assert found == {user.pk: load_membership(user, competition) for user in people}


def test_nobody_has_no_memberships_and_asks_no_query(competition, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert load_memberships([], competition) == {}


def test_the_membership_of_another_person_is_not_believed(competition, readers, bob, mallory):
    bobs = load_membership(bob, competition)
    assert rules.is_competitor(bob, competition, bobs)
    assert not rules.is_competitor(mallory, competition, bobs)
    assert not rules.is_competitor(AnonymousUser(), competition, bobs)
    bob.is_active = False
    assert not rules.is_competitor(bob, competition, bobs)


def test_the_membership_of_another_competition_is_not_believed(make, competition, readers, bob):
    other = make().competition
    assert not rules.is_competitor(bob, other, load_membership(bob, competition))


def test_a_page_asks_once_who_its_reader_is(competition, readers, bob, django_assert_num_queries):
    request = request_of(bob)
    with django_assert_num_queries(1):
        for question in QUESTIONS[:8]:
            question(bob, competition, membership_of_reader(request, competition))
    with django_assert_num_queries(1):
        recipients.is_follower(bob, competition, membership_of_reader(request, competition))


def test_a_visitors_page_asks_nothing(competition, django_assert_num_queries):
    request = request_of(AnonymousUser())
    with django_assert_num_queries(0):
        assert rules.can_view(AnonymousUser(), competition, membership_of_reader(request, competition))


def test_a_page_that_changes_something_asks_anew(competition, readers, bob):
    request = request_of(bob, "post")
    assert membership_of_reader(request, competition).team_id is not None
    TeamMember.objects.filter(user=bob).delete()
    assert membership_of_reader(request, competition).team_id is None


def test_who_logs_in_on_the_way_is_another_reader(competition, readers, bob):
    request = request_of(AnonymousUser())
    assert membership_of_reader(request, competition).team_id is None
    request.user = bob
    assert membership_of_reader(request, competition).team_id is not None
