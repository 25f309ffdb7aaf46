"""The practice gate and its predictions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.adjudication.rule_2026_11.gate import (
    GateRule,
    mean_test,
    practice_gate,
)
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.adjudication.sign_prediction import chance_of_sign_test, wins_to_pass
from evaluator.adjudication.sign_test import log_binomial_tail

LEVEL = LedgerState().log_inverse_delta()


def outcome(wins, losses, rows):
    before, after = np.zeros(rows), np.zeros(rows)
    before[:wins] = 1
    after[wins : wins + losses] = 1
    return before, after


def gate(wins, losses, rows=1000, certification_rows=2800, **rule):
    before, after = outcome(wins, losses, rows)
    return practice_gate(before, after, GateRule(LedgerState(), certification_rows, **rule), is_zero_one=True)


def test_a_clear_improvement_passes():
    result = gate(80, 20)
    assert result.passed and result.chance > 0.99 and result.p_value < 1e-6


def test_a_coin_flip_does_not_pass():
    result = gate(50, 50)
    assert not result.passed and result.p_value > 0.4 and result.chance < 0.2
    assert result.changed_needed is None


def test_a_weak_improvement_is_told_how_far_it_is():
    result = gate(61, 29, rows=2000, certification_rows=600)
    assert not result.passed
    assert result.changed == 90 and result.changed_needed is not None and result.changed_needed > 90
    assert result.wins_needed is not None and 61 < result.wins_needed <= 90


def test_what_would_be_enough_is_enough():
    needed = gate(61, 29, rows=2000, certification_rows=600).changed_needed
    wins = round(needed * 61 / 90)
    assert gate(wins, needed - wins, rows=2000, certification_rows=600).chance == pytest.approx(0.5, abs=0.15)


def test_the_organisers_chance_decides():
    modest = gate(61, 29, rows=2000, certification_rows=800)
    assert not modest.passed
    assert gate(61, 29, rows=2000, certification_rows=800, chance=modest.chance - 0.01).passed


def test_the_level_on_practice_rows_decides():
    assert gate(12, 4, certification_rows=100_000).passed
    assert not gate(12, 4, certification_rows=100_000, level=0.01).passed


def test_the_predicted_chance_is_that_of_a_simulation():
    rng = np.random.default_rng(1)
    shares = rng.beta(61.5, 29.5, 4000)
    counts = rng.binomial(1000, rng.beta(90.5, 1910.5, 4000))
    wins = rng.binomial(counts, shares)
    passed = [log_binomial_tail(int(c), int(w)) <= -LEVEL for c, w in zip(counts, wins, strict=True)]
    assert chance_of_sign_test(61, 29, 2000, 1000, LEVEL) == pytest.approx(np.mean(passed), abs=0.03)


@given(st.integers(0, 3000), st.floats(0.1, 120))
def test_fewest_wins_that_pass(changed, level):
    wins = int(wins_to_pass(changed, level))
    assert log_binomial_tail(changed, wins) <= -level + 1e-9
    assert log_binomial_tail(changed, wins - 1) > -level - 1e-9


def test_no_certification_rows_no_chance():
    result = gate(80, 20, certification_rows=0)
    assert result.chance == 0 and not result.passed


def test_bounded_losses_are_predicted_too():
    rng = np.random.default_rng(2)
    before = rng.random(2000)
    rule = GateRule(LedgerState(), 3000)
    clear = practice_gate(before, before * 0.8, rule, is_zero_one=False)
    assert clear.passed and clear.changed_needed is not None and clear.changed_needed < clear.changed
    faint = practice_gate(before, before - 0.004 * (rng.random(2000) - 0.3), rule, is_zero_one=False)
    assert not faint.passed and faint.changed_needed is not None and faint.changed_needed > faint.changed


def test_a_mean_that_never_varies_is_judged_by_its_sign():
    assert mean_test(np.full(5, 0.1)) == 0.0
    assert mean_test(np.full(5, -0.1)) == 1.0
    assert mean_test(np.zeros(0)) == 1.0
    assert not math.isnan(mean_test(np.zeros(5)))
