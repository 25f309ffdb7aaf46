"""Prizes: a sum split by final points, after the close and not before."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounty.core.errors import Refusal
from bounty.models import BoardRow, Competition, Prize
from bounty.scoring import prizes
from bounty.scoring.prizes import split_prize
from tests.competition_history import NOON, add_final_places


@pytest.fixture
def closed(make):
    return make(status="closed", final_opened_at=NOON).competition


def given_to(competition: Competition) -> dict[str, Decimal]:
    return {award.team.name: award.amount for award in prizes.compute_awards(competition)}


@given(st.integers(0, 10**9), st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=50))
def test_every_cent_is_given_once_and_no_share_is_off_by_a_cent(cents, points):
    parts = split_prize(cents, points)
    assert sum(parts) == cents
    for part, earned in zip(parts, points, strict=True):
        assert abs(part - cents * earned / sum(points)) < 1 + 1e-6 * cents


def test_a_cent_that_ties_goes_to_the_better_placed():
    assert split_prize(100, [1.0, 1.0, 1.0]) == [34, 33, 33]


def test_the_sum_is_split_by_points_among_those_who_have_any(closed):
    Prize.objects.create(competition=closed, amount=Decimal("1000.00"))
    add_final_places(closed, ada=60.0, ben=20.0, cleo=0.0, dan=-5.0, eve=None)
    assert given_to(closed) == {"Ada": Decimal("750.00"), "Ben": Decimal("250.00")}


def test_only_the_first_places_share_where_the_organiser_said_so(closed):
    Prize.objects.create(competition=closed, amount=Decimal("90.00"), places=2)
    add_final_places(closed, ada=20.0, ben=10.0, cleo=9.0)
    assert given_to(closed) == {"Ada": Decimal("60.00"), "Ben": Decimal("30.00")}


def test_there_are_no_prizes_before_the_close(make):
    competition = make().competition
    Prize.objects.create(competition=competition, amount=Decimal(100))
    add_final_places(competition, ada=60.0)
    with pytest.raises(Refusal, match="fixed at the close"):
        prizes.compute_awards(competition)


def test_there_are_no_prizes_where_none_was_promised(closed):
    add_final_places(closed, ada=60.0)
    with pytest.raises(Refusal, match="No prize was entered"):
        prizes.compute_awards(closed)


def test_there_are_no_prizes_where_nobody_improved_the_model(closed):
    Prize.objects.create(competition=closed, amount=Decimal(100))
    add_final_places(closed, ada=-3.0, ben=None)
    with pytest.raises(Refusal, match="nobody"):
        prizes.compute_awards(closed)


def test_provisional_points_earn_no_prize(closed):
    Prize.objects.create(competition=closed, amount=Decimal(100))
    add_final_places(closed, ada=60.0, ben=10.0)
    BoardRow.objects.filter(team__name="Ada").update(final=False)
    assert given_to(closed) == {"Ben": Decimal(100)}
