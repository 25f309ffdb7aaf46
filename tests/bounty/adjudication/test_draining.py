"""Hostile accounts with patches that know practice rows by heart spend no more of a block than honest play does."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.adjudication import judge
from bounty.ledger import allowance
from bounty.ledger.holdout import holdout_of
from bounty.ledger.smallest_gain import SmallestGains
from bounty.models import LedgerQuery
from bounty.models.stored_holdout import StoredPlan
from tests.world import World, new_team, new_user

ACCOUNTS = 12
# What honest play leaves, as plans show it.
QUERIES, ACCEPTED = 20, 15
MOST_WORSE = 4 / 3


@pytest.fixture
def world(make, sent) -> World:
    made = make(labels="coin flips", rule_version=2, fixed_blocks=2, gate_chance=0.7, target_gain=0.5)
    made.competition.plan_json = StoredPlan(capacity=20).to_json()
    made.competition.save()
    return made


def by_heart(world: World, seed: int) -> np.ndarray:
    """Predictions that are right on practice rows and a coin flip on all others."""
    predictions = np.random.default_rng(seed).integers(0, 2, len(world.y)).astype(np.int16)
    practice = world.layout.rows_of("practice")
    predictions[practice] = world.y[practice]
    return predictions


def test_many_accounts_leave_the_smallest_gain_within_a_third_of_what_honest_play_leaves(world):
    everybody = np.ones(len(world.y), dtype=bool)
    most = allowance.refused_allowed(world.competition)
    for number in range(ACCOUNTS):
        team = new_team(world.competition, new_user(f"sock{number}"), f"Socks {number}")
        for attempt in range(most + 1):
            patch = by_heart(world, 100 * number + attempt)
            submission = world.evaluated(team, everybody, patch, expression="True")
            judge.judge_submission(submission.pk)
        submission.refresh_from_db()
        assert submission.verdict.practice["reason"] == "allowance", "what is shared was used up"
    assert LedgerQuery.objects.count() == ACCOUNTS * most
    assert not LedgerQuery.objects.filter(symbol="A").exists()
    gain = SmallestGains(world.competition).of_next_query(world.competition.open_block())
    assert gain <= MOST_WORSE * holdout_of(world.competition).gain_after(1, QUERIES, ACCEPTED)


def test_each_refused_query_asks_more_of_the_next_patch(world, bob):
    team = new_team(world.competition, bob, "Bobs")
    gates = []
    for attempt in range(3):
        submission = world.evaluated(team, np.ones(len(world.y), dtype=bool), by_heart(world, attempt))
        gates.append(allowance.gate_chance_for(submission))
        judge.judge_submission(submission.pk)
    assert gates == [0.7, 0.8, 0.9]
