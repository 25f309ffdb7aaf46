"""A false accept of the present rule is rare, whatever adaptive strangers try; a true effect is found."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks import coin_flips
from benchmarks.coin_flips import ATTACKERS, SPLIT, CooperatingTeams, attack
from benchmarks.planted import judged, power
from benchmarks.planted_rows import Table, power_of_loss
from benchmarks.rules import DELTA, LEDGER, NOISE_SCALE, OLD_LEDGER
from evaluator.adjudication.acceptance import judge_patch
from evaluator.adjudication.case import Case, Certification
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.noise import Noise
from evaluator.adjudication.rule import Rule
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list import Head, Practice, Step
from evaluator.losses import Loss


@pytest.mark.parametrize("name", ATTACKERS)
def test_coin_flips_are_hardly_ever_accepted(name):
    ended = attack(name, LEDGER, runs=40, submissions=40)
    assert (ended.accepts > 0).sum() <= binom.ppf(0.999, 40, DELTA)
    assert ended.shown_error.mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["cooperating teams", "all three in league"])
def test_teams_that_share_practice_labels_ask_with_every_submission(name):
    """Otherwise the test above would show nothing."""
    assert attack(name, LEDGER, runs=4, submissions=40).queries.min() >= 35


def test_the_fast_simulation_decides_as_whole_verdicts_do(monkeypatch):
    """The same proposals through judge_patch: the same queries, the same symbols, the same practice counts."""
    proposed, told = [], []

    class Watched(CooperatingTeams):
        def propose(self, head):
            proposed.append(super().propose(head))
            return proposed[-1]

        def learn(self, mask, answers, news):
            told.append(news)
            super().learn(mask, answers, news)

    monkeypatch.setitem(coin_flips.ATTACKERS, "watched", Watched)
    attack("watched", LEDGER, runs=2, submissions=25, seed=5)
    rng = np.random.default_rng(5)  # as in attack: labels, then the head
    labels, heads = coin_flips._coins(rng, 2), coin_flips._coins(rng, 2)
    for run in range(2):
        practice = Practice(slice(0, SPLIT), labels[run, :SPLIT].astype(np.int16), Loss("zero_one"), 0.0, 1)
        head, ledger = Head(0, heads[run].astype(np.int16)), BlockLedger(DELTA)
        for number, ((mask, answers), news) in enumerate(zip(proposed, told, strict=True), start=1):
            case = Case(
                Step("submission:0", mask[run], answers[run].astype(np.int16)),
                head,
                [head],
                [],
                practice,
                Sampling(),
                Certification(
                    slice(SPLIT, 2 * SPLIT), labels[run, SPLIT:].astype(np.int16), ledger, Sampling()
                ),
                Noise(NOISE_SCALE, "secret", f"{run}:{number}"),
                Rule(gate_chance=0.7, version=2),
            )
            decision = judge_patch(case)
            assert (decision.query is not None) == news.queried[run]
            assert (decision.state == "accepted") == news.accepted[run]
            if decision.query is not None:
                ledger = ledger.after(decision.query.symbol, decision.query.chance)
                if decision.state == "accepted":
                    head = decision.candidate.as_head()
        assert ledger.queries > 20


def test_planted_effects_are_accepted_and_more_of_them_than_by_the_old_rule():
    result = power(LEDGER, weight=0.02, rows=20_000, runs=6)
    assert result.found >= 0.9
    assert result.false_accepts <= 0.3
    small, small_before = (power(rule, weight=0.01, rows=20_000, runs=10) for rule in (LEDGER, OLD_LEDGER))
    assert small.found >= 1.5 * small_before.found


@pytest.mark.parametrize("loss", ["cost", "squared", "absolute", "log"])
def test_planted_effects_in_other_losses_are_found_by_betting(loss):
    assert power_of_loss(LEDGER, Table.with_rows(loss, 20_000), weight=0.05, runs=1).found >= 0.9


def test_betting_finds_small_falls_of_a_squared_loss_where_bernsteins_bound_found_none():
    small, small_before = (
        power_of_loss(rule, Table.with_rows("squared", 20_000), weight=0.02, runs=2).found
        for rule in (LEDGER, OLD_LEDGER)
    )
    assert small_before == 0 and small > 0.2


def test_planted_effects_in_units_of_three_rows_are_found_by_betting():
    assert power_of_loss(LEDGER, Table.with_rows("zero_one", 20_000, 3), weight=0.05, runs=1).found >= 0.9


def test_whole_verdicts_find_planted_effects_too():
    found, false = judged(0.1, 4_000, submissions=20, good=4, seed=1)
    assert found >= 0.75 and false == 0
