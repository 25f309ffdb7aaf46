"""What is asked once a page says the same as what is asked each time."""

from __future__ import annotations

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from bounty.models import Competition, Participation, Role, Team, TeamMember
from bounty.people import teams
from bounty.permissions import memberships, rules
from bounty.shared_model import queries

pytestmark = pytest.mark.django_db

QUESTIONS = (
    rules.can_view,
    rules.duties,
    rules.is_organiser,
    rules.is_judge,
    rules.is_competitor,
    rules.is_participant,
    rules.entry_refusal,
    rules.submit_refusal,
    rules.moderation_refusal,
    queries.own_team_id,
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


def test_every_question_has_the_same_answer_bound_or_not(competition, readers):
    states = itertools.product(Competition.Status, Competition.Visibility, (True, False))
    for competition.status, competition.visibility, competition.rehearsal in states:
        competition.save()
        for reader, question in itertools.product(readers, QUESTIONS):
            plain = Competition.objects.get(pk=competition.pk)
            bound = Competition.objects.get(pk=competition.pk)
            memberships.bind(reader, bound)
            said = question(reader, bound)
            assert said == question(reader, plain), (reader, question, competition.status)


def test_what_was_bound_for_bob_says_nothing_of_mallory(competition, readers, bob, mallory):
    memberships.bind(bob, competition)
    assert queries.own_team_id(bob, competition)
    assert queries.own_team_id(mallory, competition) is None
    assert queries.own_team_id(AnonymousUser(), competition) is None
    assert memberships.bound(mallory, competition) is None
    memberships.bind(AnonymousUser(), competition)
    assert memberships.bound(bob, competition) is None
    assert queries.own_team_id(bob, competition)


def test_a_page_asks_once_who_its_reader_is(competition, readers, bob, django_assert_num_queries):
    with django_assert_num_queries(1):
        memberships.bind(bob, competition)
        for question in QUESTIONS[:6]:
            question(bob, competition)
    with django_assert_num_queries(0):
        memberships.bind(AnonymousUser(), competition)
        assert rules.can_view(AnonymousUser(), competition) == (competition.status == "open")
