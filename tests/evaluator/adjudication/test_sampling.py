"""Rows as units: sums over max(M, rows of the unit), and weights where a stratum was over-sampled."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.adjudication.sampling import Sampling, stratum_weights


def plain_unit_sums(z: np.ndarray, unit: np.ndarray, weight: np.ndarray, largest: int) -> dict[int, float]:
    """The definition, unit by unit."""
    sums = {}
    for code in unit.tolist():
        rows = [row for row in range(len(z)) if unit[row] == code]
        total = sum(float(z[row]) for row in rows)
        sums[code] = float(weight[rows[0]]) * total / max(largest, len(rows))
    return sums


@pytest.mark.parametrize("largest", [1, 2, 4])
def test_a_units_sum_is_divided_by_m_or_by_its_own_rows_where_these_are_more(largest: int) -> None:
    rng = np.random.default_rng(largest)
    unit = rng.integers(0, 9, 25)
    z, weight = rng.uniform(-1, 1, 25), np.linspace(0.1, 1, 9)[unit]
    expected = plain_unit_sums(z, unit, weight, largest)
    sums = Sampling(unit, weight, largest).unit_sums(z)
    assert sorted(sums.tolist()) == pytest.approx(sorted(expected.values()))
    assert np.abs(sums).max() <= 1


def test_rows_without_units_are_their_own() -> None:
    z = np.array([0.5, -1.0, 0.0])
    assert Sampling().unit_sums(z).tolist() == z.tolist()
    assert Sampling(weight=np.array([1.0, 0.5, 1.0])).unit_sums(z).tolist() == [0.5, -0.5, 0.0]


def test_a_row_counts_in_a_group_for_what_it_counts_among_all_rows() -> None:
    unit, z = np.array([7, 7, 7, 8]), np.array([1.0, 1.0, -1.0, 1.0])
    inside = np.array([True, True, False, False])
    sampling = Sampling(unit, None, 2)
    assert sampling.of(inside).unit_sums(z[inside]).tolist() == [2 / 3]
    assert sampling.of(inside).of(np.array([True, False])).unit_sums(z[:1]).tolist() == [1 / 3]
    assert sampling.of(inside).count_units(2) == 1


def test_only_rows_that_are_their_own_units_and_count_alike_are_plain() -> None:
    assert Sampling().is_plain
    assert not Sampling(np.array([0, 1])).is_plain
    assert not Sampling(weight=np.array([0.5, 1.0])).is_plain


def test_weights_bring_each_strata_share_of_units_back_to_the_tables() -> None:
    stratum, unit = np.array([1, 1, 1, 0, 0]), np.array([4, 4, 5, 6, 7])  # half of the units are of stratum 1
    weight = stratum_weights(stratum, unit, {0: 0.8, 1: 0.2})
    assert weight is not None
    assert weight.tolist() == pytest.approx([0.25, 0.25, 0.25, 1.0, 1.0])


def test_a_stratum_of_the_table_without_a_unit_here_leaves_no_weights() -> None:
    assert stratum_weights(np.array([0, 0]), None, {0: 0.9, 1: 0.1}) is None
    assert stratum_weights(np.array([0, 0]), None, {0: 1.0, 1: 0.0}) is not None


@pytest.mark.parametrize("weight", [[0.0, 1.0], [0.5, 1.5], [float("nan"), 1.0]])
def test_weights_outside_their_range_are_no_sampling(weight: list[float]) -> None:
    with pytest.raises(ValueError, match="Weights of units"):
        Sampling(weight=np.array(weight))


def test_a_units_sum_is_never_divided_by_less_than_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Sampling(unit_rows=0)
