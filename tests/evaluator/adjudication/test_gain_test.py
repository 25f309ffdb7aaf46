"""The test of a gain: which test is asked, and that it holds its level where units and strata tempt."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluator.adjudication.betting import Moments
from evaluator.adjudication.gain_test import GainTest, choose_test
from evaluator.adjudication.sampling import Sampling, stratum_weights
from evaluator.losses import Loss

LEVEL = math.log(20)
BET = GainTest("bet", 0.5)


def count_accepted(runs: int, accepted: object) -> float:
    rng = np.random.default_rng(3)
    return sum(accepted(rng) for _ in range(runs)) / runs  # type: ignore[operator]


def test_zero_one_losses_of_rows_that_are_their_own_units_get_the_exact_sign_test() -> None:
    moments = Moments(100, 5.0, 10.0)
    assert choose_test(Loss("zero_one"), Sampling(), moments) == GainTest("sign")
    in_units = Sampling(np.arange(3))
    assert choose_test(Loss("zero_one"), in_units, moments) == GainTest("bet", 0.5)
    assert choose_test(Loss("squared"), Sampling(), moments) == GainTest("bet", 0.5)
    weighted = Sampling(weight=np.array([1.0, 0.5, 1.0]))
    assert choose_test(Loss("zero_one"), weighted, None) == GainTest("bet", None)


def test_a_sign_test_of_rows_in_units_is_refused() -> None:
    losses = np.zeros(2)
    with pytest.raises(ValueError, match="their own units"):
        GainTest("sign").passes(losses, losses, Sampling(np.array([0, 0])), LEVEL)


def test_a_gain_is_shown_and_its_reverse_is_not() -> None:
    before, after = np.repeat([1.0, 0.0], [12, 30]), np.zeros(42)
    for test in (GainTest("sign"), BET, GainTest("bet")):
        assert test.passes(before, after, Sampling(), 2.9)
        assert not test.passes(after, before, Sampling(), 2.9)


def small_and_large_units(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A block of 400 of 4,000 units whose rows lose as much as they gain: the few units of forty rows each lose."""
    sizes, gains = np.repeat([1, 40], [3990, 10]), np.zeros(4000)
    gains[:400], gains[3990:] = 1.0, -1.0
    drawn = rng.permutation(4000)[:400]
    unit = np.repeat(np.arange(400), sizes[drawn])
    return unit, np.repeat(gains[drawn], sizes[drawn])


def test_where_unit_size_and_harm_go_together_a_null_is_accepted_at_most_at_the_level() -> None:
    def accepted_at(largest: int | None, rng: np.random.Generator) -> bool:
        unit, gain = small_and_large_units(rng)
        own = int(np.bincount(unit).max())
        before, after = np.maximum(gain, 0), np.maximum(-gain, 0)
        return BET.passes(before, after, Sampling(unit, None, largest or own), LEVEL)

    assert count_accepted(300, lambda rng: accepted_at(40, rng)) <= 0.05
    # What the table's largest unit guards against: the block's own largest, and a mean a unit.
    assert count_accepted(300, lambda rng: accepted_at(None, rng)) > 0.2
    assert count_accepted(300, lambda rng: accepted_at(1, rng)) > 0.9


def test_where_a_small_group_is_over_sampled_a_gain_of_zero_on_the_table_is_accepted_at_most_at_the_level() -> (
    None
):
    """The patch gains in a stratum of 4% of the table, of which the block holds twice as many, and loses elsewhere."""
    sign = GainTest("sign")

    def block(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        stratum = np.repeat([1, 0], [800, 9200])
        gain = np.where(
            stratum == 1, rng.random(10_000) < 0.48, -(rng.random(10_000) < 0.02).astype(float)
        ).astype(float)
        return stratum, np.maximum(gain, 0), np.maximum(-gain, 0)

    def by_bet(rng: np.random.Generator) -> bool:
        stratum, before, after = block(rng)
        weight = stratum_weights(stratum, None, {1: 0.04, 0: 0.96})
        return BET.passes(before, after, Sampling(weight=weight), LEVEL)

    def by_sign(rng: np.random.Generator) -> bool:
        _stratum, before, after = block(rng)
        return sign.passes(before, after, Sampling(), LEVEL)

    assert count_accepted(200, by_bet) <= 0.05
    assert count_accepted(200, by_sign) > 0.5
