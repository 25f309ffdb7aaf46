"""The target gain of a new competition, where nobody chose one."""

from __future__ import annotations

import pytest

from bounty.competitions import create as competitions_create
from bounty.competitions.base_models import FittedBase
from bounty.ledger.holdout import holdout_of
from bounty.models import Competition
from tests.people_table import people


def create(alice, **settings) -> Competition:
    return competitions_create.create_competition(
        people(1000, 1000, seed=3),
        organiser=alice,
        title="Who is ill",
        label="ill",
        base=FittedBase("tree"),
        settings=settings,
    )


def test_a_small_block_is_not_retired_after_its_first_query_for_the_default_target(alice):
    competition = create(alice)
    competition.refresh_from_db()
    after_twenty = holdout_of(competition).gain_after(1, 20, 15)
    assert after_twenty is not None and 0.01 < after_twenty <= competition.target_gain < after_twenty + 0.001
    assert not any("cannot certify the target" in sentence for sentence in competition.plan.sentences)


def test_a_target_that_the_organiser_chose_stays(alice):
    competition = create(alice, target_gain=0.02)
    competition.refresh_from_db()
    assert competition.target_gain == 0.02


@pytest.mark.rule_2026_11
def test_by_the_rule_of_2026_11_the_default_stays(alice):
    competition = create(alice)
    competition.refresh_from_db()
    assert competition.target_gain == 0.01
