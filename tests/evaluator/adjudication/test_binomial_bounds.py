"""Exact bounds on shares and on the rise of a 0-1 loss, and the rows that a tolerance asks for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evaluator.adjudication.binomial_bounds import rise_upper_of_counts, rows_needed, share_bounds

LEVEL = math.log(1 / 0.05)


@pytest.mark.parametrize("truth", [0.02, 0.2, 0.7])
def test_a_share_is_missed_no_more_often_than_the_level(truth):
    """Exactly, over all counts that there can be."""
    rows = 60
    chances = binom.pmf(np.arange(rows + 1), rows, truth)
    bounds = [share_bounds(count, rows, LEVEL) for count in range(rows + 1)]
    assert sum(p for p, (low, _) in zip(chances, bounds, strict=True) if low > truth) <= 0.05
    assert sum(p for p, (_, high) in zip(chances, bounds, strict=True) if high < truth) <= 0.05


def test_where_no_answer_changes_the_bound_is_the_share_that_could_have_been_missed():
    assert rise_upper_of_counts(0, 0, 1000, LEVEL) == pytest.approx(1 - (0.05 / 2) ** (1 / 1000))


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_bound_lies_above_what_was_seen_and_within_the_range(wins, losses, level):
    bound = rise_upper_of_counts(wins, losses, 100, level)
    assert (losses - wins) / 100 - 1e-12 <= bound <= 1


def test_of_no_rows_nothing_is_known():
    assert share_bounds(0, 0, LEVEL) == (0.0, 1.0)


def test_a_level_too_deep_for_a_double_certifies_nothing():
    assert rise_upper_of_counts(0, 0, 10**6, 5000.0) == 1.0


def test_the_rows_needed_are_enough_and_one_less_is_not():
    rows = rows_needed(0.02, 10.0)
    assert rise_upper_of_counts(0, 0, rows, 10.0) <= 0.02 < rise_upper_of_counts(0, 0, rows - 1, 10.0)
    assert rows_needed(0.02, 10.0, changed=0.1) > rows


def test_without_tolerance_no_group_is_large_enough():
    assert rows_needed(0.0, 10.0) is None
