"""Dates are typed in the organiser's own zone, which the form names and keeps with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bounty.models import Competition
from bounty.organisers import steps
from tests.bounty.organisers.organiser import RULES, Organiser, address_of, texts_of

MADRID, TOKYO = "Europe/Madrid", "Asia/Tokyo"
NINE_IN_MADRID = datetime(2030, 7, 1, 7, tzinfo=UTC)


@pytest.fixture
def alices(alice, sent) -> Organiser:
    return Organiser(alice)


def closing(competition) -> datetime | None:
    return Competition.objects.get(pk=competition.pk).closes_at


def test_the_page_names_the_zone_in_which_dates_are_typed(competition, alices):
    assert "Closes (UTC)" in alices.client.get(address_of(competition, "texts/")).content.decode()
    alices.client.cookies["zone"] = "America/New_York"
    assert (
        "Closes (America/New York)" in alices.client.get(address_of(competition, "texts/")).content.decode()
    )


def test_a_date_is_what_the_clock_on_her_wall_says(competition, alices):
    alices.client.cookies["zone"] = MADRID
    data = {**texts_of(alices.client, competition), "closes_at": "2030-07-01T09:00"}
    assert data["zone"] == MADRID
    alices.client.post(address_of(competition, "texts/"), data)
    assert closing(competition) == NINE_IN_MADRID
    assert 'value="2030-07-01T09:00"' in alices.client.get(address_of(competition, "texts/")).content.decode()


def test_a_journey_between_typing_and_sending_moves_nothing(competition, alices):
    alices.client.cookies["zone"] = MADRID
    data = {**texts_of(alices.client, competition), "closes_at": "2030-07-01T09:00"}
    alices.client.cookies["zone"] = TOKYO
    assert alices.client.post(address_of(competition, "texts/"), data).status_code == 302
    assert closing(competition) == NINE_IN_MADRID


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "\0", "x" * 65])
def test_a_zone_that_is_none_is_read_as_the_pages_own_or_refused(competition, alices, zone):
    data = {**texts_of(alices.client, competition), "closes_at": "2030-07-01T09:00", "zone": zone}
    answer = alices.client.post(address_of(competition, "texts/"), data)
    assert answer.status_code in (302, 422)
    assert closing(competition) in (None, datetime(2030, 7, 1, 9, tzinfo=UTC))


def test_what_stands_in_an_unfinished_competition_keeps_its_zone(draft, organiser):
    typed = {**RULES, "closes_at": "2030-07-01T09:00", "zone": MADRID}
    organiser.post(draft, "rules", typed)
    draft.refresh_from_db()
    form = steps.bind_form(draft, steps.RULES)
    assert form.is_valid()
    assert form.cleaned_data["closes_at"] == NINE_IN_MADRID
    assert "Closes (Europe/Madrid)" in organiser.page(draft, "rules")
