"""The holdout's arithmetic: sums that must not exceed delta, exact tests, published tables."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from evaluator.adjudication.rule_2026_11.ledger import (
    LedgerState,
    empirical_bernstein_lower,
    kt_cost,
    passes_test,
    smallest_passing_gain,
)
from evaluator.adjudication.sign_test import log_binomial_tail, sign_test_passes


@pytest.mark.parametrize("length", range(9))
def test_probabilities_of_all_patterns_of_a_length_sum_to_one(length):
    patterns = itertools.product((0, 1), repeat=length)
    assert sum(math.exp(-kt_cost(sum(p), length - sum(p))) for p in patterns) == pytest.approx(1)


def test_levels_of_all_queries_that_can_ever_be_asked_sum_to_at_most_delta():
    total = 0.0
    for block, t in itertools.product(range(1, 60), range(1, 200)):
        for accepted in range(t):
            state = LedgerState(t - 1, accepted, 0, 0.05, block)
            total += math.comb(t - 1, accepted) * math.exp(-state.log_inverse_delta())
    assert 0.95 * 0.05 < total <= 0.05


def test_the_formula_term_by_term():
    state = LedgerState(queries=7, accepted=5, extra_bits=3, delta=0.05, block_number=2)
    expected = math.log(6 / 0.05) + math.log(8 * 9) + kt_cost(5, 2) + 3 * math.log(2) + math.log(4)
    assert state.log_inverse_delta(checks=4) == pytest.approx(expected)


def test_mostly_accepted_queries_cost_about_half_a_logarithm():
    assert kt_cost(100, 0) == pytest.approx(0.5 * math.log(100) + 0.5 * math.log(math.pi), abs=0.01)


def test_a_block_remembers_what_was_answered():
    state = LedgerState().after_query(True).after_query(False, extra_bits=8)
    assert (state.queries, state.accepted, state.extra_bits) == (2, 1, 8)


@pytest.mark.parametrize(
    ("rows", "gains"),
    [
        (2_000, (0.0085, 0.0225, 0.0705, 0.19, 0.38)),
        (10_000, (0.0017, 0.0045, 0.0141, 0.0375, 0.12)),
        (50_000, (0.00034, 0.0009, 0.0028, 0.0075, 0.023)),
        (200_000, (0.00009, 0.0002, 0.0007, 0.0019, 0.0058)),
        (1_000_000, (0.00002, 0.00005, 0.00014, 0.0004, 0.0012)),
    ],
)
def test_the_published_table_of_smallest_gains(rows, gains):
    """The table's delta is the block's own: half of the competition's for block 1."""
    states = ((1, 0), (5, 4), (20, 15), (60, 40), (200, 120))
    for (query, accepted), published in zip(states, gains, strict=True):
        state = LedgerState(query - 1, accepted, delta=0.1, block_number=1)
        digit = 10.0 ** -len(f"{published:.10f}".rstrip("0").split(".")[1])
        assert smallest_passing_gain(rows, state) == pytest.approx(published, abs=0.51 * digit)


@given(st.integers(0, 300), st.data())
def test_the_binomial_tail_is_exact(changed, data):
    wins = data.draw(st.integers(0, changed))
    exact = Fraction(sum(math.comb(changed, i) for i in range(wins, changed + 1)), 2**changed)
    expected = math.log(exact.numerator) - math.log(exact.denominator)
    assert log_binomial_tail(changed, wins) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("changed", "wins"), [(2_000, 1_990), (5_000, 5_000), (20_000, 15_000)])
def test_the_tail_keeps_its_precision_where_doubles_underflow(changed, wins):
    exact = Fraction(sum(math.comb(changed, i) for i in range(wins, changed + 1)), 2**changed)
    expected = math.log(exact.numerator) - math.log(exact.denominator)
    assert log_binomial_tail(changed, wins) == pytest.approx(expected, rel=1e-9)


def test_more_wins_than_rows_cannot_happen():
    assert log_binomial_tail(5, 6) == -math.inf


def test_no_changed_rows_show_nothing():
    assert not sign_test_passes(0, 0, 3.0)


def test_a_small_group_that_only_wins_can_pass():
    assert sign_test_passes(8, 0, math.log(200))
    assert not sign_test_passes(7, 0, math.log(200))


def test_bernsteins_bound_by_hand():
    z = np.array([1.0, 0.0, 0.5, -0.5] * 50)
    level = math.log(2) + 4.0
    by_hand = 0.25 - math.sqrt(2 * np.var(z, ddof=1) * level / 200) - 14 * level / (3 * 199)
    assert empirical_bernstein_lower(z, 4.0) == pytest.approx(by_hand)


@pytest.mark.parametrize("n", [0, 1])
def test_bernsteins_bound_of_almost_nothing_is_no_bound(n):
    assert empirical_bernstein_lower(np.ones(n), 4.0) == -math.inf


def test_bernsteins_bound_covers_the_mean():
    rng = np.random.default_rng(5)
    above = [
        empirical_bernstein_lower(rng.choice([-1.0, 0.0, 1.0], 300, p=[0.2, 0.6, 0.2]), math.log(20)) > 0
        for _ in range(400)
    ]
    assert np.mean(above) <= 0.05


def test_losses_that_rise_never_pass():
    worse, better = np.ones(1000), np.zeros(1000)
    for is_zero_one in (True, False):
        assert passes_test(worse, better, is_zero_one=is_zero_one, log_inverse_delta=5)
        assert not passes_test(better, worse, is_zero_one=is_zero_one, log_inverse_delta=5)


def test_a_block_is_spent_once_no_wanted_gain_could_pass():
    fresh, used = LedgerState(), LedgerState(queries=60, accepted=40)
    assert not fresh.is_spent(5_000, 0.01)
    assert used.is_spent(5_000, 0.01)
    assert fresh.is_spent(1, 0.01), "one row can never certify anything"


def test_bounded_losses_need_more_than_the_sign_test():
    exact = smallest_passing_gain(10_000, LedgerState())
    bounded = smallest_passing_gain(10_000, LedgerState(), is_zero_one=False)
    assert exact is not None and bounded is not None and exact < bounded < 0.05


@pytest.mark.parametrize(
    "wrong", [{"queries": 1, "accepted": 2}, {"delta": 0.0}, {"delta": 1.0}, {"block_number": 0}]
)
def test_an_impossible_ledger_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\d"):
        LedgerState(**wrong)


@pytest.mark.parametrize(
    ("changed", "wins"), [(4_000, 3_400), (40_000, 24_000), (2_000, 2_000), (3_000, 2_999)]
)
def test_a_tail_cut_short_is_the_whole_tail(changed: int, wins: int) -> None:
    whole = logsumexp(binom.logpmf(np.arange(wins, changed + 1), changed, 0.5))
    assert log_binomial_tail(changed, wins) == pytest.approx(float(whole), rel=1e-12)


def test_a_tail_of_a_thousand_million_rows_takes_no_memory_to_speak_of() -> None:
    assert log_binomial_tail(10**9, 6 * 10**8) < -1e6
