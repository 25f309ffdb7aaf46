"""Bounds by the betting test turned around: they hold as often as they say, of units and of weighted strata too."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluator.adjudication.binomial_bounds import rise_upper_of_counts, share_bounds
from evaluator.adjudication.bounds import STEPS, is_rise_within, mean_bounds, rise_upper
from evaluator.adjudication.rule_2026_11 import bounds as bernstein
from evaluator.adjudication.sampling import Sampling, stratum_weights
from evaluator.losses import Loss

LEVEL = math.log(1 / 0.05)
SQUARED, ZERO_ONE = Loss("squared"), Loss("zero_one")


def count_missed(runs: int, misses: object) -> float:
    rng = np.random.default_rng(4)
    return sum(misses(rng) for _ in range(runs)) / runs  # type: ignore[operator]


def test_bounds_on_a_mean_hold_as_often_as_they_say() -> None:
    def is_missed(rng: np.random.Generator) -> bool:
        low, high = mean_bounds(rng.beta(1, 4, 60), SQUARED, Sampling(), LEVEL)
        return not low <= 0.2 <= high

    assert count_missed(200, is_missed) <= 0.1


def test_the_bound_on_a_rise_holds_as_often_as_it_says() -> None:
    """Six of a hundred get worse and four better: the mean loss rises by 0.02."""

    def is_missed(rng: np.random.Generator) -> bool:
        kind = rng.random(300)
        before, after = (kind >= 0.96).astype(float), (kind < 0.06).astype(float)
        return rise_upper(before, after, SQUARED, Sampling(), LEVEL) < 0.02

    assert count_missed(200, is_missed) <= 0.05


def test_bounds_are_of_the_mean_over_rows_where_large_units_lose_more() -> None:
    """Nine of ten units have one row that loses nothing, the tenth has nine rows that lose all: the mean is a half."""

    def is_missed(rng: np.random.Generator) -> bool:
        sizes = np.where(rng.random(300) < 0.1, 9, 1)
        unit = np.repeat(np.arange(300), sizes)
        losses = np.repeat((sizes == 9).astype(float), sizes)
        low, high = mean_bounds(losses, SQUARED, Sampling(unit, None, 9), LEVEL)
        alone = share_bounds(int(losses.sum()), len(losses), LEVEL)
        as_rows.append(not alone[0] <= 0.5 <= alone[1])
        return not low <= 0.5 <= high

    as_rows: list[bool] = []
    assert count_missed(100, is_missed) <= 0.1
    assert np.mean(as_rows) > 0.3


def test_bounds_are_of_the_table_where_a_stratum_was_drawn_more_often() -> None:
    stratum = np.repeat([1, 0], [300, 300])
    weight = stratum_weights(stratum, None, {1: 0.1, 0: 0.9})
    losses = np.where(stratum == 1, 0.9, 0.1)
    low, high = mean_bounds(losses, ZERO_ONE, Sampling(weight=weight), LEVEL)
    assert low < 0.18 < high < 0.5


def test_zero_one_losses_of_rows_that_are_their_own_units_get_exact_bounds() -> None:
    losses = np.repeat([1.0, 0.0], [7, 93])
    assert mean_bounds(losses, ZERO_ONE, Sampling(), LEVEL) == share_bounds(7, 100, LEVEL)
    assert rise_upper(losses, losses[::-1], ZERO_ONE, Sampling(), LEVEL) == rise_upper_of_counts(
        7, 7, 100, LEVEL
    )


def test_a_rise_is_within_a_tolerance_where_its_bound_is() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.beta(2, 8, 400), rng.beta(2, 8, 400)
    for loss in (SQUARED, ZERO_ONE):
        bound = rise_upper(before, after, loss, Sampling(), LEVEL)
        assert is_rise_within(before, after, bound + 3 / STEPS, loss, Sampling(), LEVEL)
        assert not is_rise_within(before, after, bound - 3 / STEPS, loss, Sampling(), LEVEL)


def test_bounds_are_tighter_than_bernsteins() -> None:
    losses = np.random.default_rng(1).beta(1, 20, 500)
    low, high = mean_bounds(losses, SQUARED, Sampling(), 13.0)
    wide_low, wide_high = bernstein.mean_bounds(losses, is_zero_one=False, log_inverse_delta=13.0)
    assert high - low < 0.6 * (wide_high - wide_low)


@pytest.mark.parametrize("loss", [SQUARED, ZERO_ONE])
def test_of_no_rows_nothing_is_known(loss: Loss) -> None:
    nothing = np.zeros(0)
    assert mean_bounds(nothing, loss, Sampling(), LEVEL) == (0.0, 1.0)
    assert rise_upper(nothing, nothing, loss, Sampling(), LEVEL) == 1.0
    for tolerance in (0.5, 1.0):
        assert not is_rise_within(nothing, nothing, tolerance, SQUARED, Sampling(), LEVEL)


def test_rows_without_any_loss_are_bounded_by_what_could_have_been_missed() -> None:
    low, high = mean_bounds(np.zeros(1000), SQUARED, Sampling(), LEVEL)
    assert low == 0.0
    assert 1 - 0.05 ** (1 / 1000) < high < 0.009
