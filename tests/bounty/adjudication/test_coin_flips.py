"""A label that is a coin flip, and teams that adapt to every number that a verdict tells them."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.adjudication import judge
from bounty.models import Competition, LedgerQuery, Submission
from bounty.submissions import submit
from tests.world import World, new_team, new_user

SUBMISSIONS = 200


class Boosting:
    """Tries random answers, remembers which way the verdict's wins and losses lean, and plays the sum of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, np.random.default_rng(seed)
        self.votes = np.zeros(len(world.y))

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        n = len(self.votes)
        if self.rng.random() < 0.8:
            return self.rng.random(n) < self.rng.uniform(0.05, 1.0), self.rng.integers(0, 2, n).astype(
                np.int16
            )
        sure = np.abs(self.votes) >= np.quantile(np.abs(self.votes), self.rng.uniform(0, 0.9))
        return sure, (self.votes > 0).astype(np.int16)

    def learn(self, mask: np.ndarray, answers: np.ndarray, told: dict) -> None:
        if told["wins"] is None:
            return
        lean = (told["wins"] - told["losses"]) / max(1, told["wins"] + told["losses"])
        self.votes += lean * (2.0 * answers - 1) * mask


@pytest.mark.parametrize("seed", [0])
def test_two_hundred_adaptive_submissions_certify_nothing(make, seed):
    """Each comes from a fresh account, as a person's gate rises with every query that was refused."""
    world = make(
        labels="coin flips",
        seed=seed + 40,
        queries_per_team=1000,
        # A gate that lets nearly everything through, so that the ledger alone stands in the way.
        gate_chance=0.0,
        gate_level=0.5,
    )
    attacker = Boosting(world, seed)
    for number in range(SUBMISSIONS):
        mask, answers = attacker.next()
        team = new_team(world.competition, new_user(f"mallory{number}"), f"Mallory {number}")
        submission = world.evaluated(team, mask, np.where(mask, answers, 0).astype(np.int16))
        judge.judge_submission(submission.pk)
        submission.refresh_from_db()
        attacker.learn(mask, answers, submission.verdict.practice)
        if number % 10 == 0 and submission.state == "not_shown" and not submit.rejudging_refusal(submission):
            submit.request_rejudging(submission)
            judge.judge_submission(submission.pk)
    assert LedgerQuery.objects.count() > 10
    assert not Submission.objects.filter(state="accepted").exists()
    competition = Competition.objects.get(pk=world.competition.pk)
    assert competition.head().number == 0 and competition.head().practice_loss == pytest.approx(0.5, abs=0.05)
