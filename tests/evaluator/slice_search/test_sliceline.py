"""SliceLine finds what looking at every conjunction finds."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.slice_search.sliceline import find_worst_slices


def by_brute_force(codes, errors, *, k, least, longest, alpha):
    """Every conjunction of up to `longest` conditions, counted one by one."""
    n, mean = len(errors), errors.mean()
    found = []
    for length in range(1, longest + 1):
        for columns in combinations(range(codes.shape[1]), length):
            bins = [range(codes[:, column].max() + 1) for column in columns]
            for values in product(*bins):
                mask = np.all([codes[:, c] == v for c, v in zip(columns, values, strict=True)], axis=0)
                rows = int(mask.sum())
                if rows < least or not errors[mask].sum():
                    continue
                score = alpha * (errors[mask].mean() / mean - 1) - (1 - alpha) * (n / rows - 1)
                if score > 0:
                    found.append((round(score, 9), -length, rows))
    return sorted(found, reverse=True)[:k]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    alpha=st.sampled_from([0.5, 0.8, 0.95, 1.0]),
    least=st.sampled_from([1, 5, 20]),
    kind=st.sampled_from(["right or wrong", "amounts"]),
)
def test_the_best_slices_are_those_that_brute_force_finds(seed, alpha, least, kind):
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, 4, (120, 4))
    errors = (rng.random(120) < 0.2).astype(float) if kind == "right or wrong" else rng.exponential(size=120)
    if not errors.any():
        errors[0] = 1.0
    options = {"k": 6, "least": least, "longest": 3, "alpha": alpha}
    found = [
        (round(s.score, 9), -len(s.conditions), s.rows) for s in find_worst_slices(codes, errors, **options)
    ]
    expected = by_brute_force(codes, errors, **options)
    assert [score for score, *_ in found] == pytest.approx([score for score, *_ in expected], abs=2e-9)


def test_a_planted_slice_comes_first_with_its_rows_and_its_error():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (5000, 8))
    planted = (codes[:, 2] == 1) & (codes[:, 5] == 3)
    errors = np.where(planted, rng.random(5000) < 0.9, rng.random(5000) < 0.05).astype(float)
    best = find_worst_slices(codes, errors, k=1)[0]
    assert best.conditions == ((2, 1), (5, 3))
    assert (best.rows, best.error) == (planted.sum(), pytest.approx(errors[planted].mean()))


@pytest.mark.parametrize("errors", [np.zeros(50), np.array([])], ids=["no error", "no row"])
def test_nothing_is_found_where_there_is_nothing(errors):
    assert find_worst_slices(np.zeros((len(errors), 2), dtype=int), errors) == []


def test_slices_below_the_least_size_are_left_out():
    codes = np.repeat([0, 1], [95, 5])[:, None]
    errors = np.repeat([0.0, 1.0], [95, 5])
    assert find_worst_slices(codes, errors, least=6) == []
    assert find_worst_slices(codes, errors, least=5, alpha=0.99)[0].rows == 5
