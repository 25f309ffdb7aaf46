"""The betting test against its definition, and what it decides on units, strata and empty tables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluator.adjudication.betting import (
    GRID,
    Moments,
    bet_passes,
    chance_of_bet,
    choose_bet,
    log_wealth,
)
from evaluator.adjudication.sampling import stratum_weights

SUMS = st.lists(st.one_of(st.floats(-1, 1), st.sampled_from([-1.0, -0.2, 0.0, 0.2, 1.0])), max_size=40)


def plain_wealth(z: list[float], weight: float | None) -> float:
    """The wealth as it is defined, product by product."""

    def product(bet: float) -> float:
        return math.prod(1 + bet * each for each in z)

    grid = sum(product(bet) for bet in GRID) / len(GRID)
    return grid if weight is None else product(weight) / 2 + grid / 2


@given(SUMS, st.one_of(st.none(), st.sampled_from(GRID), st.floats(0, 0.999)))
def test_the_log_wealth_is_that_of_the_definition(z: list[float], weight: float | None) -> None:
    assert log_wealth(np.array(z, dtype=float), weight) == pytest.approx(
        math.log(plain_wealth(z, weight)), abs=2e-9
    )


@given(SUMS, st.randoms())
def test_the_log_wealth_is_the_same_to_the_bit_in_any_order_of_units(z: list[float], random: object) -> None:
    shuffled = list(z)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert log_wealth(np.array(z), 0.5) == log_wealth(np.array(shuffled), 0.5)


TENTHS = st.lists(st.integers(-10, 10), min_size=6, max_size=7)


def mean_wealth(draws: list[list[float]], weight: float | None) -> float:
    return float(np.mean([math.exp(log_wealth(np.array(z), weight)) for z in draws]))


@given(TENTHS, st.integers(1, 4), st.one_of(st.none(), st.sampled_from(GRID)))
@settings(max_examples=30, deadline=None)
def test_over_all_draws_without_replacement_from_a_table_of_no_gain_the_mean_wealth_is_at_most_one(
    tenths: list[int], drawn: int, weight: float | None
) -> None:
    excess = max(0, math.ceil(sum(tenths) / len(tenths)))
    table = [max(-10, each - excess) / 10 for each in tenths]
    assume(sum(table) <= 0)
    draws = [list(each) for each in itertools.combinations(table, drawn)]
    assert mean_wealth(draws, weight) <= 1 + 1e-8


@given(TENTHS, st.lists(st.integers(-10, 10), min_size=3, max_size=4), st.sampled_from(GRID))
@settings(max_examples=30, deadline=None)
def test_over_all_stratified_draws_the_weighted_mean_wealth_is_at_most_one(
    many: list[int], few: list[int], weight: float
) -> None:
    """Two of the many and two of the few are drawn, so that the few are over-sampled."""
    assume(sum(many) + sum(few) <= 0)
    stratum = np.array([0, 0, 1, 1])
    units = len(many) + len(few)
    w = stratum_weights(stratum, None, {0: len(many) / units, 1: len(few) / units})
    assert w is not None
    draws = [
        (w * np.array([*first, *second]) / 10).tolist()
        for first in itertools.combinations(many, 2)
        for second in itertools.combinations(few, 2)
    ]
    assert mean_wealth(draws, weight) <= 1 + 1e-8


def test_a_level_that_is_met_to_nine_decimals_is_met() -> None:
    z = np.array([1.0] * 9)
    wealth = log_wealth(z, 0.5)
    assert bet_passes(z, 0.5, wealth + 4e-10)
    assert not bet_passes(z, 0.5, wealth + 2e-9)


def test_a_table_without_units_or_differences_shows_nothing() -> None:
    assert log_wealth(np.zeros(0), 0.5) == 0 == log_wealth(np.zeros(3), None)
    assert not bet_passes(np.zeros(0), 0.5, 0.1)
    assert chance_of_bet(Moments(0, 0.0, 0.0), 100, 0.5, 3.0) == 0
    assert chance_of_bet(Moments(10, 0.0, 0.0), 100, 0.5, 3.0) == 0
    assert chance_of_bet(Moments(10, 5.0, 5.0), 0, 0.5, 3.0) == 0


@pytest.mark.parametrize("weight", [1.0, -0.1, math.nan])
def test_a_bet_of_all_of_the_capital_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="share of the capital"):
        log_wealth(np.array([1.0]), weight)


@pytest.mark.parametrize("z", [[-1.1], [0.5, math.nan], [math.inf, 0.0]])
def test_a_sum_that_could_lose_more_than_the_capital_is_refused(z: list[float]) -> None:
    with pytest.raises(ValueError, match="at least -1"):
        log_wealth(np.array(z), 0.5)


def test_the_bet_is_the_grids_best_on_practice_rows() -> None:
    z = np.repeat([1.0, -1.0, 0.0], [300, 100, 600])
    growths = [float(np.log1p(bet * z).sum()) for bet in GRID]
    assert choose_bet(Moments.from_unit_sums(z)) == GRID[int(np.argmax(growths))] == 0.5


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (Moments(100, -5.0, 20.0), GRID[0]),  # a loss
        (Moments(100, 0.0, 0.0), GRID[0]),  # nothing
        (Moments(100, 5.0, -3.0), GRID[-1]),  # noise took the squares below zero
        (Moments(100, 300.0, 9.0), GRID[-1]),  # more than each unit could gain
    ],
)
def test_a_bet_is_chosen_whatever_noise_did_to_the_sums(moments: Moments, expected: float) -> None:
    assert choose_bet(moments) == expected
    assert 0 <= chance_of_bet(moments, 100, expected, 3.0) <= 1


def test_the_predicted_chance_is_the_share_of_new_blocks_that_pass() -> None:
    rng = np.random.default_rng(1)
    level, units = 8.0, 1500

    def draw(size: int) -> np.ndarray:
        return rng.choice([1.0, -1.0, 0.0], p=[0.03, 0.01, 0.96], size=size)

    predicted, passed = [], []
    for _each in range(150):
        moments = Moments.from_unit_sums(draw(units))
        bet = choose_bet(moments)
        predicted.append(chance_of_bet(moments, units, bet, level))
        passed.append(bet_passes(draw(units), bet, level))
    assert np.mean(predicted) == pytest.approx(np.mean(passed), abs=0.12)
    assert 0.2 < np.mean(passed) < 0.9
