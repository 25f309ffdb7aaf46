"""The buttons on a competition's own page in the admin: open, pause, resume."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.models import Competition


def press(person, competition: Competition, do: str):
    client = Client()
    client.force_login(person)
    return client.post(f"/admin/bounty/competition/{competition.pk}/phase/", {"do": do})


@pytest.fixture
def staff_alice(alice):
    alice.is_staff = True
    alice.save()
    return alice


def page(person, competition: Competition) -> str:
    client = Client()
    client.force_login(person)
    return client.get(f"/admin/bounty/competition/{competition.pk}/change/").content.decode()


def test_a_draft_says_what_comes_next_and_is_opened_there(make, staff_alice):
    draft = make(status="draft", opens_at=None).competition
    assert "Not open yet." in page(staff_alice, draft)
    press(staff_alice, draft, "open")
    draft.refresh_from_db()
    assert draft.status == "open"
    assert draft.opens_at is not None
    assert "Pause it" in page(staff_alice, draft)


def test_an_open_one_is_paused_and_resumed(competition, staff_alice):
    press(staff_alice, competition, "pause")
    assert "Resume it" in page(staff_alice, competition)
    press(staff_alice, competition, "resume")
    competition.refresh_from_db()
    assert competition.status == "open"


def test_resuming_keeps_the_time_of_opening(competition, staff_alice):
    opened = competition.opens_at
    press(staff_alice, competition, "pause")
    press(staff_alice, competition, "resume")
    competition.refresh_from_db()
    assert competition.opens_at == opened


def test_a_button_that_is_not_there_changes_nothing(competition, staff_alice):
    assert press(staff_alice, competition, "delete").status_code == 404
    competition.refresh_from_db()
    assert competition.status == "open"


@pytest.mark.parametrize("is_staff", [True, False])
def test_mallory_cannot_press_them(competition, mallory, is_staff):
    mallory.is_staff = is_staff
    mallory.save()
    press(mallory, competition, "pause")
    competition.refresh_from_db()
    assert competition.status == "open"


def test_looking_at_the_address_changes_nothing(competition, staff_alice):
    client = Client()
    client.force_login(staff_alice)
    answer = client.get(f"/admin/bounty/competition/{competition.pk}/phase/", {"do": "pause"})
    assert answer.status_code == 405
