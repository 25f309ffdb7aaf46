"""Verdicts by the betting test: units of several rows, and strata that were drawn more often."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.models import LedgerQuery, Submission
from evaluator.adjudication.betting import GRID
from tests.world import CHILDREN, make_world, new_team
from tests.world_units import give_strata, give_units

State = Submission.State


@pytest.fixture
def world(alice):
    return make_world(alice, rule_version=2, fixed_blocks=2, noise_scale=0.0)


@pytest.fixture
def team(world, bob):
    return new_team(world.competition, bob, "Bobs")


def judged(submission):
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def plain_wealth(z, weight):
    """The definition, in logarithms."""
    products = [math.fsum(math.log1p(bet * each) for each in z) for bet in (weight, *GRID)]
    grid = math.fsum(math.exp(each) for each in products[1:]) / len(GRID)
    return math.log(math.exp(products[0]) / 2 + grid / 2)


def test_units_of_two_rows_are_tested_by_a_bet_on_their_sums(world, team):
    give_units(world, 2)
    mask = world.mask(CHILDREN)
    patch = world.patch(mask)
    submission = judged(world.evaluated(team, mask, patch, expression=CHILDREN))
    query = LedgerQuery.objects.get()
    assert (submission.state, query.symbol, query.test) == (State.ACCEPTED, "A", "bet")
    assert query.bet_weight in GRID
    rows = world.layout.rows_of("certification-1")
    merged = np.where(mask, patch, world.base)
    gain = (world.base != world.y).astype(float) - (merged != world.y)
    sums = gain[rows].reshape(-1, 2).sum(axis=1) / 2
    assert plain_wealth(sums, query.bet_weight) >= query.log_inverse_delta


def patch_for_children(world):
    """(mask, answers): right for all children, and for fewer of the twenty-year-olds than the base model."""
    children, others = world.mask(CHILDREN), world.mask("AGE >= 20 and AGE < 30")
    hit = np.random.default_rng(0).random(len(world.y)) < 0.72
    answers = np.where(children, world.y, np.where(hit, world.y, 1 - world.y)).astype(np.int16)
    return children | others, answers


def test_a_patch_that_gains_only_in_what_was_drawn_more_often_asks_nothing(world, team):
    """Others lose more than children gain where one in fifty is a child, as in the table; of the drawn one in 15 is."""
    children = world.mask(CHILDREN)
    count, drawn = int(children.sum()), len(children)
    give_strata(world, children, (49 * count - (drawn - count), 0))
    assert judged(world.evaluated(team, *patch_for_children(world))).state == State.NOT_SHOWN
    assert not LedgerQuery.objects.exists()


def test_the_same_patch_is_accepted_where_all_rows_were_drawn_alike(world, team):
    assert judged(world.evaluated(team, *patch_for_children(world))).state == State.ACCEPTED


def test_an_over_sampled_table_is_tested_by_a_bet_on_weighted_rows(world, team):
    children = world.mask(CHILDREN)
    give_strata(world, children, (2000, 0))
    submission = judged(world.good_patch(team))
    query = LedgerQuery.objects.get()
    assert (submission.state, query.test) == (State.ACCEPTED, "bet")


def test_a_block_without_a_unit_of_a_stratum_is_asked_nothing(world, team):
    children = world.mask(CHILDREN)
    block = np.zeros(len(children), dtype=bool)
    block[world.layout.rows_of("certification-1")] = True
    give_strata(world, children & ~block, (2000, 0))
    assert artifacts.read_strata(world.competition, "certification-1").sum() == 0
    assert judged(world.good_patch(team)).state == State.NOT_SHOWN
    assert not LedgerQuery.objects.exists()
