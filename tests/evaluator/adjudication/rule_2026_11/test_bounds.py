"""Bounds on means and on harm: they hold as often as they say, and they say nothing where nothing is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evaluator.adjudication.rule_2026_11.bounds import (
    mean_bounds,
    rise_upper,
    rise_upper_of_counts,
    rows_needed,
    share_bounds,
)

LEVEL = math.log(1 / 0.05)


@pytest.mark.parametrize("truth", [0.02, 0.2, 0.7])
def test_a_share_is_missed_no_more_often_than_the_level(truth):
    """Exactly, over all counts that there can be."""
    rows = 60
    chances = binom.pmf(np.arange(rows + 1), rows, truth)
    bounds = [share_bounds(count, rows, LEVEL) for count in range(rows + 1)]
    assert sum(p for p, (low, _) in zip(chances, bounds, strict=True) if low > truth) <= 0.05
    assert sum(p for p, (_, high) in zip(chances, bounds, strict=True) if high < truth) <= 0.05


@pytest.mark.parametrize("is_zero_one", [True, False])
def test_bounds_on_a_mean_hold_as_often_as_they_say(is_zero_one):
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        losses = rng.random(80) < 0.3 if is_zero_one else rng.random(80) * 0.6
        low, high = mean_bounds(losses.astype(float), is_zero_one=is_zero_one, log_inverse_delta=LEVEL)
        missed += not low <= 0.3 <= high
    assert missed <= 0.13 * 400


@pytest.mark.parametrize("is_zero_one", [True, False])
def test_harm_is_missed_no_more_often_than_the_level(is_zero_one):
    """Six of a hundred get worse and four better: the mean loss rises by 0.02."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(400):
        kind = rng.random(300)
        before, after = (kind >= 0.96).astype(float), (kind < 0.06).astype(float)
        missed += rise_upper(before, after, is_zero_one=is_zero_one, log_inverse_delta=LEVEL) < 0.02
    assert missed <= 0.08 * 400


def test_where_no_answer_changes_the_bound_is_the_share_that_could_have_been_missed():
    assert rise_upper_of_counts(0, 0, 1000, LEVEL) == pytest.approx(1 - (0.05 / 2) ** (1 / 1000))


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_bound_lies_above_what_was_seen_and_within_the_range(wins, losses, level):
    bound = rise_upper_of_counts(wins, losses, 100, level)
    assert (losses - wins) / 100 - 1e-12 <= bound <= 1


@pytest.mark.parametrize("losses", [np.zeros(0), np.zeros(1)])
def test_of_nothing_nothing_is_known(losses):
    assert mean_bounds(losses, is_zero_one=False, log_inverse_delta=LEVEL) == (0.0, 1.0)
    assert rise_upper(losses, losses, is_zero_one=False, log_inverse_delta=LEVEL) == 1.0
    assert share_bounds(0, 0, LEVEL) == (0.0, 1.0)


def test_a_level_too_deep_for_a_double_certifies_nothing():
    assert rise_upper_of_counts(0, 0, 10**6, 5000.0) == 1.0


def test_the_rows_needed_are_enough_and_one_less_is_not():
    rows = rows_needed(0.02, 10.0)
    assert rise_upper_of_counts(0, 0, rows, 10.0) <= 0.02 < rise_upper_of_counts(0, 0, rows - 1, 10.0)
    assert rows_needed(0.02, 10.0, changed=0.1) > rows


def test_without_tolerance_no_group_is_large_enough():
    assert rows_needed(0.0, 10.0) is None
