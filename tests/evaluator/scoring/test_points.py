"""Points telescope to the improvement, and copying, splitting and noise earn nothing extra."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.scoring.points import (
    CreditedFinding,
    bootstrap_intervals,
    improvement,
    row_credits,
    row_weights,
    version_credits,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 4))
def test_all_points_together_are_the_models_improvement(seed, versions, findings):
    rng = np.random.default_rng(seed)
    losses = rng.random((versions + 1, 50))
    weights = row_weights(rng.integers(0, 4, 50))
    found = [CreditedFinding(int(rng.integers(0, 3)), rng.random(50) < 0.3) for _ in range(findings)]
    total = sum(
        sum(
            version_credits(
                int(rng.integers(0, 3)), before, after, base_loss=losses[0], weights=weights, findings=found
            ).values()
        )
        for before, after in itertools.pairwise(losses)
    )
    by_hand = 1000 * (1 - weights @ losses[-1] / (weights @ losses[0]))
    assert total == pytest.approx(by_hand, abs=1e-9)
    assert improvement(losses[0], losses[-1], weights) == pytest.approx(by_hand, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_one_patch_in_parts_earns_what_the_whole_earns(seed, parts):
    rng = np.random.default_rng(seed)
    base, whole, part = rng.random(60), rng.random(60), rng.integers(0, parts, 60)
    found = [CreditedFinding("bob", rng.random(60) < 0.4)]
    kwargs = {"base_loss": base, "weights": row_weights(rng.integers(0, 4, 60)), "findings": found}
    at_once = version_credits("alice", base, whole, **kwargs)
    heads = [np.where(part < done, whole, base) for done in range(parts + 1)]
    steps = [version_credits("alice", *pair, **kwargs) for pair in itertools.pairwise(heads)]
    for team, points in at_once.items():
        assert sum(step[team] for step in steps) == pytest.approx(points, abs=1e-9)


def test_the_earliest_finder_of_a_row_has_three_tenths_of_it():
    findings = [
        CreditedFinding("bob", np.array([True, True, False, False])),
        CreditedFinding("charlie", np.array([True, True, True, False])),
    ]
    shares = row_credits("alice", np.ones(4), np.zeros(4), findings)
    np.testing.assert_allclose(shares["alice"], [0.7, 0.7, 0.7, 1.0])
    np.testing.assert_allclose(shares["bob"], [0.3, 0.3, 0, 0])
    np.testing.assert_allclose(shares["charlie"], [0, 0, 0.3, 0])


def test_a_later_finding_takes_nothing_from_who_found_the_row_first_and_fixes_it():
    first = CreditedFinding("alice", np.array([True, True, False, False]))
    copied = CreditedFinding("mallory", np.array([True, True, True, False]))
    shares = row_credits("alice", np.ones(4), np.zeros(4), [first, copied])
    np.testing.assert_allclose(shares["alice"], [1.0, 1.0, 0.7, 1.0])
    np.testing.assert_allclose(shares["mallory"], [0, 0, 0.3, 0])


def test_a_patch_that_makes_it_worse_costs_points():
    credits = version_credits("alice", np.zeros(4), np.ones(4), base_loss=np.ones(4), weights=np.ones(4))
    assert credits == {"alice": -1000.0}


def test_a_copy_earns_only_its_own_increment():
    base, fixed = np.ones(4), np.array([1.0, 1.0, 0.0, 0.0])
    kwargs = {"base_loss": base, "weights": np.ones(4)}
    assert version_credits("alice", base, fixed, **kwargs) == {"alice": 500.0}
    assert version_credits("bob", fixed, fixed, **kwargs) == {"bob": 0.0}


def test_small_cells_weigh_more_but_never_more_than_five():
    weights = row_weights(np.r_[np.zeros(75), np.ones(24), [2]].astype(np.int64))
    assert weights[0] == pytest.approx(0.75**-0.5)
    assert weights[80] == pytest.approx(0.24**-0.5)
    assert weights[-1] == 5.0


def test_without_cells_every_row_weighs_one():
    np.testing.assert_array_equal(row_weights(None, 3), np.ones(3))


def test_a_perfect_base_leaves_nothing_to_win():
    none = np.zeros(3)
    assert version_credits("alice", none, none, base_loss=none, weights=np.ones(3)) == {"alice": 0.0}


def test_intervals_hold_the_points_and_widen_with_units():
    rng = np.random.default_rng(3)
    base = np.repeat((rng.random(200) < 0.4).astype(float), 5)
    credit = np.repeat(rng.random(200) < 0.3, 5) * base
    kwargs = {"base_loss": base, "weights": np.ones(1000), "draws": 300}
    by_row = bootstrap_intervals({"alice": credit}, **kwargs)["alice"]
    by_unit = bootstrap_intervals({"alice": credit}, unit=np.repeat(np.arange(200), 5), **kwargs)["alice"]
    assert by_unit[0] < by_row[0] < 1000 * credit.sum() / base.sum() < by_row[1] < by_unit[1]


def test_intervals_of_nobody_and_of_no_rows():
    assert bootstrap_intervals({}, base_loss=np.ones(3), weights=np.ones(3)) == {}
    empty = np.zeros(0)
    assert bootstrap_intervals({"alice": empty}, base_loss=empty, weights=empty) == {"alice": (0.0, 0.0)}


def test_intervals_are_as_wide_as_the_normal_approximation_says():
    """Drawing units of one kind together must not change the distribution."""
    rng = np.random.default_rng(5)
    base = (rng.random(4000) < 0.3).astype(float)
    credit = np.where(rng.random(4000) < 0.2, base, 0.0)
    kwargs = {"base_loss": base, "weights": np.ones(4000), "draws": 4000}
    low, high = bootstrap_intervals({"alice": credit}, **kwargs)["alice"]
    share = credit.sum() / base.sum()
    error = 1000 * np.sqrt(np.sum((credit - share * base) ** 2)) / base.sum()
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert (low + high) / 2 == pytest.approx(1000 * share, abs=0.3 * error)
