"""The page that rolls a competition's model back: which version, why, and for whom."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty.adjudication import close, judge
from bounty.models import Competition
from tests.bounty.organisers.organiser import Organiser, address_of
from tests.world import CHILDREN, OLD_WOMEN


@pytest.fixture
def played(world, bobs, charlies):
    """Bob's, then Charlie's: two versions after the base model."""
    judge.judge_submission(world.good_patch(bobs, CHILDREN).pk)
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN, seed=1).pk)
    assert world.competition.head().number == 2
    return world.competition


@pytest.fixture
def alices(alice, sent) -> Organiser:
    return Organiser(alice)


def at(competition: Competition) -> str:
    return address_of(competition, "rollback/")


def roll_back(person: Organiser, competition: Competition, **fields: str):
    return person.client.post(at(competition), fields)


def newest(competition: Competition) -> tuple[int, int]:
    head = Competition.objects.get(pk=competition.pk).head()
    return head.generation, head.number


def test_every_version_but_the_newest_can_be_chosen(played, alices):
    page = alices.client.get(at(played)).content.decode()
    assert '<option value="1">' in page and '<option value="0">' in page and "the base model" in page
    assert '<option value="2">' not in page


def test_alice_goes_back_to_a_version(played, alices):
    answer = roll_back(alices, played, version="1", reason="wrong source")
    assert (answer.status_code, answer.url) == (302, address_of(played))
    assert newest(played) == (2, 1)


def test_the_way_there_is_on_the_page_of_an_open_competition(played, alices):
    assert at(played) in alices.client.get(address_of(played)).content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"version": "x", "reason": "wrong"}, "Choose a version."),
        ({"version": "9" * 5000, "reason": "wrong"}, "Choose a version."),
        ({"version": "7", "reason": "wrong"}, "The model has no version 7."),
        ({"version": "1", "reason": " "}, "Say why"),
    ],
)
def test_a_wrong_entry_is_said_and_nothing_moves(played, alices, fields, said):
    answer = roll_back(alices, played, **fields)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert newest(played) == (1, 2)


def test_what_was_typed_stays_where_it_is_refused(played, alices):
    page = roll_back(alices, played, version="x", reason="The second source was wrong.").content.decode()
    assert "The second source was wrong.</textarea>" in page


def test_a_closed_competition_offers_nothing(played, alices):
    close.close_competition(played, timezone.now())
    page = alices.client.get(at(played)).content.decode()
    assert "its model stays" in page and "<textarea" not in page


def test_bob_does_not_roll_back(played, bob):
    assert roll_back(Organiser(bob), played, version="1", reason="mine").status_code == 403
    assert newest(played) == (1, 2)
