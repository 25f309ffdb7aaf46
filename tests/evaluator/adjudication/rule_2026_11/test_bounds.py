"""Bounds on means and on harm: they hold as often as they say, and they say nothing where nothing is known."""

import math

import numpy as np
import pytest

from evaluator.adjudication.rule_2026_11.bounds import mean_bounds, rise_upper

LEVEL = math.log(1 / 0.05)


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


@pytest.mark.parametrize("losses", [np.zeros(0), np.zeros(1)])
def test_of_nothing_nothing_is_known(losses):
    assert mean_bounds(losses, is_zero_one=False, log_inverse_delta=LEVEL) == (0.0, 1.0)
    assert rise_upper(losses, losses, is_zero_one=False, log_inverse_delta=LEVEL) == 1.0
