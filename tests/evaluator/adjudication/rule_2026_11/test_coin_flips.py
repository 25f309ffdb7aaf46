"""A false accept is rare, whatever adaptive strangers try; a true effect is found. Other rules do worse."""

from itertools import product
from math import exp

import numpy as np
import pytest

from benchmarks import coin_flips
from benchmarks.coin_flips import ATTACKERS, SPLIT, CooperatingTeams, attack
from benchmarks.planted import judged, power
from benchmarks.rules import DELTA, OLD_LEDGER, _pattern_level, smallest_eps
from evaluator.adjudication.rule_2026_11.acceptance import Case, Certification, judge_patch
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list import Head, Practice, Step
from evaluator.losses import Loss


@pytest.mark.parametrize("name", ATTACKERS)
def test_coin_flips_are_hardly_ever_accepted(name):
    ended = attack(name, OLD_LEDGER, runs=40, submissions=60)
    assert (ended.accepts > 0).sum() <= 2
    assert ended.shown_error.mean() == pytest.approx(0.5, abs=0.01)


def test_the_attack_does_reach_the_certification_rows():
    """Otherwise the test above would show nothing."""
    assert attack("cooperating teams", OLD_LEDGER, runs=4, submissions=50).queries.min() >= 40
    assert attack("boosting on accepted bits", OLD_LEDGER, runs=10, submissions=200).queries.mean() >= 3


@pytest.mark.parametrize("rule", ["plain rule", "any improvement"])
def test_rules_without_a_ledger_are_fooled(rule):
    ended = attack("cooperating teams", rule, runs=5, submissions=100)
    assert ended.accepts.min() >= 5
    assert ended.shown_error.max() < 0.49


def test_the_fast_simulation_decides_as_whole_verdicts_do(monkeypatch):
    """The same proposals through judge_patch: the same queries, and the same bits."""
    proposed, told = [], []

    class Watched(CooperatingTeams):
        def propose(self, head):
            proposed.append(super().propose(head))
            return proposed[-1]

        def learn(self, mask, answers, news):
            told.append(news)
            super().learn(mask, answers, news)

    monkeypatch.setitem(coin_flips.ATTACKERS, "watched", Watched)
    attack("watched", OLD_LEDGER, runs=2, submissions=25, seed=5)
    rng = np.random.default_rng(5)  # as in attack: labels, then the head
    labels, heads = coin_flips._coins(rng, 2), coin_flips._coins(rng, 2)
    for run in range(2):
        practice = Practice(slice(0, SPLIT), labels[run, :SPLIT].astype(np.int16), Loss("zero_one"), 0.0, 20)
        head, state = Head(0, heads[run].astype(np.int16)), LedgerState()
        for (mask, answers), news in zip(proposed, told, strict=True):
            step = Step("submission:0", mask[run], answers[run].astype(np.int16))
            block = Certification(slice(SPLIT, 2 * SPLIT), labels[run, SPLIT:].astype(np.int16), state)
            decision = judge_patch(Case(step, head, [head], [], practice, block))
            assert (decision.query is not None) == news.queried[run]
            assert (decision.state == "accepted") == news.accepted[run]
            assert decision.practice.wins == news.practice.wins[run]
            state = state.after_query(False) if decision.query is not None else state


def test_most_planted_effects_are_accepted_where_the_ledger_promises_it():
    result = power(OLD_LEDGER, weight=0.02, rows=20_000, runs=40)
    assert result.found >= 0.8
    assert result.false_accepts <= 0.1


def test_what_other_rules_find_they_pay_for_or_they_find_little():
    assert power("any improvement", 0.02, 20_000, runs=5).false_accepts > 100
    assert power("plain rule", 0.02, 20_000, runs=5).false_accepts > 5
    assert power("paper's checker", 0.02, 20_000, runs=5).found == 0
    assert power("every submission counted, no gate", 0.02, 20_000, runs=5).found < 0.5


def test_whole_verdicts_find_planted_effects_too():
    found, false = judged(0.1, 4_000, submissions=20, good=4, seed=1, rule=OLD_LEDGER)
    assert found >= 0.75 and false == 0


def test_the_papers_checker_has_the_rows_that_its_theorem_asks_for():
    assert smallest_eps(100_000, 500) < smallest_eps(20_000, 500) < 1
    assert smallest_eps(10, 500) == 1


def test_levels_without_a_gate_sum_to_no_more_than_delta():
    """All queries that can be asked in 12 submissions, over all patterns of answers."""
    total = sum(
        exp(-_pattern_level(t, sum(pattern)))
        for t in range(1, 13)
        for pattern in product((0, 1), repeat=t - 1)
    )
    assert total <= DELTA
