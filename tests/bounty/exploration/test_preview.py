"""Losses inside and outside a group, with intervals that stay honest."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.exploration.preview import compare_losses

LOSS = np.array([1.0] * 60 + [0.0] * 40 + [1.0] * 20 + [0.0] * 180)
GROUP = np.arange(300) < 100


def test_means_and_their_difference():
    inside, outside, gap = compare_losses(LOSS, GROUP)
    assert (inside.mean, outside.mean) == (0.6, 0.1)
    assert gap.mean == pytest.approx(0.5)
    assert gap.low > 0


def test_the_intervals_hold_their_means():
    for interval in compare_losses(LOSS, GROUP):
        assert interval.low < interval.mean < interval.high


def test_a_group_without_errors_is_not_certain():
    inside, _, _ = compare_losses(np.zeros(300), np.arange(300) < 13)
    assert inside.low == 0.0
    assert inside.high > 0.2


def test_rows_of_one_person_count_once():
    _, _, alone = compare_losses(LOSS, GROUP)
    _, _, together = compare_losses(LOSS, GROUP, np.arange(300) // 5)
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize("full", [True, False])
def test_without_another_side_there_is_no_difference(full):
    inside, outside, gap = compare_losses(LOSS, np.full(300, full))
    assert gap is None
    assert (outside is None) == full
    assert (inside is None) != full
