"""The buttons on a competition's own organiser's page: open, pause, resume."""

from __future__ import annotations

import pytest

from bounty.models import Competition
from tests.bounty.organisers.organiser import Organiser, address_of


@pytest.fixture
def alices(alice, sent) -> Organiser:
    return Organiser(alice)


def press(person: Organiser, competition: Competition, do: str):
    return person.client.post(address_of(competition, "phase/"), {"do": do})


def page(person: Organiser, competition: Competition) -> str:
    return person.client.get(address_of(competition)).content.decode()


def test_a_draft_says_what_comes_next_and_is_opened_there(make, alices):
    draft = make(status="draft", opens_at=None).competition
    assert "Open it now" in page(alices, draft)
    press(alices, draft, "open")
    draft.refresh_from_db()
    assert draft.status == "open"
    assert draft.opens_at is not None
    assert "Pause it" in page(alices, draft)


def test_resuming_keeps_the_time_of_opening(competition, alices):
    opened = competition.opens_at
    press(alices, competition, "pause")
    assert "Resume it" in page(alices, competition)
    press(alices, competition, "resume")
    competition.refresh_from_db()
    assert (competition.status, competition.opens_at) == ("open", opened)


def test_what_is_open_cannot_be_opened_again(competition, alices):
    answer = alices.client.post(address_of(competition, "phase/"), {"do": "open"}, follow=True)
    assert "only one that is draft can be open" in answer.content.decode()


def test_a_button_that_is_not_there_changes_nothing(competition, alices):
    assert press(alices, competition, "delete").status_code == 404
    competition.refresh_from_db()
    assert competition.status == "open"


def test_looking_at_the_address_changes_nothing(competition, alices):
    assert alices.client.get(address_of(competition, "phase/"), {"do": "pause"}).status_code == 405
    competition.refresh_from_db()
    assert competition.status == "open"
