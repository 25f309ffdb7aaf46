"""Noised cells: Laplace noise that is keyed by the submission, and figures that add up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluator.adjudication.noise import Noise, noise_candidate, noise_finding, noise_patch
from evaluator.adjudication.sampling import Sampling

KEYS = 20_000


def drawn(scale=2.0, at=1000):
    return np.array([Noise(scale, "secret", str(key)).count("cell", at) - at for key in range(KEYS)])


def test_counts_get_discrete_laplace_noise_of_the_scale():
    noise, decay = drawn(), math.exp(-1 / 2)
    for step in range(4):
        expected = (1 - decay) / (1 + decay) * decay**step
        for value in (-step, step):
            assert np.mean(noise == value) == pytest.approx(expected, abs=0.012)


def test_sums_get_laplace_noise_of_the_scale():
    noise = np.array([Noise(2.0, "secret", str(key)).total("cell", 50.0) - 50 for key in range(KEYS)])
    assert np.mean(np.abs(noise)) == pytest.approx(2, abs=0.06)
    assert np.median(noise) == pytest.approx(0, abs=0.06)


def test_a_row_more_changes_the_odds_of_a_count_by_at_most_the_root_of_e():
    one, two = drawn(at=100) + 100, drawn(at=101) + 101
    for value in range(97, 105):
        assert abs(math.log(np.mean(one == value) / np.mean(two == value))) < 0.5 + 0.1


def test_nothing_is_below_zero_but_what_may_be():
    small = [Noise(2.0, "secret", str(key)) for key in range(200)]
    assert min(each.count("cell", 0) for each in small) == 0
    assert min(each.total("cell", 0.0) for each in small) == 0
    assert min(each.total("cell", 0.0, signed=True) for each in small) < 0


@pytest.mark.parametrize("change", [{"secret": "other"}, {"key": "other"}])
def test_noise_depends_on_the_secret_the_key_and_the_cell(change):
    noise = Noise(2.0, **({"secret": "a", "key": "b"} | change))
    cells = [f"cell {number}" for number in range(50)]
    ours, theirs = ([each.count(cell, 1000) for cell in cells] for each in (Noise(2.0, "a", "b"), noise))
    assert ours != theirs and len(set(ours)) > 5
    assert ours == [Noise(2.0, "a", "b").count(cell, 1000) for cell in cells]


def test_scale_zero_leaves_cells_exact():
    assert Noise().count("cell", 7) == 7 and Noise().total("cell", -0.3) == -0.3


def losses(rng, rows=3000):
    return (rng.random(rows) < 0.3).astype(float), (rng.random(rows) < 0.25).astype(float)


@pytest.mark.parametrize("noise", [Noise(), Noise(2.0, "secret", "key")])
def test_four_cells_make_all_figures_of_a_patch(noise):
    rng = np.random.default_rng(1)
    before, after = losses(rng)
    inside = rng.random(3000) < 0.2
    cells = noise_patch(before, after, inside, Sampling(), noise, is_zero_one=True)
    assert cells.gain == cells.wins - cells.losses == cells.z
    assert cells.changed == cells.z2 and cells.rows >= cells.changed
    exact = (int(inside.sum()), before[inside].sum(), after[inside].sum())
    assert ((cells.rows, cells.before, cells.after) == exact) is (noise.scale == 0)


def test_units_and_other_losses_have_sums_of_their_own():
    rng = np.random.default_rng(2)
    before, after = rng.random(900), rng.random(900)
    inside, units = rng.random(900) < 0.4, Sampling(np.repeat(np.arange(300), 3), None, 3)
    cells = noise_patch(before, after, inside, units, Noise(), is_zero_one=False)
    z = np.where(inside, before - after, 0).reshape(300, 3).sum(axis=1) / 3
    assert (cells.z, cells.z2) == (pytest.approx(z.sum()), pytest.approx((z**2).sum()))
    assert cells.wins is None and cells.changed is None


def test_everybody_s_loss_at_the_head_gets_no_noise_in_the_whole_candidate():
    rng = np.random.default_rng(3)
    before, after = losses(rng)
    cells = noise_candidate(before, after, Sampling(), Noise(2.0, "secret", "key"), is_zero_one=True)
    assert (cells.rows, cells.before) == (3000, before.sum())
    assert cells.gain == cells.wins - cells.losses


def test_a_finding_s_outside_is_what_is_published_of_all_less_its_inside():
    rng = np.random.default_rng(4)
    found, _ = losses(rng)
    cells = noise_finding(
        found, rng.random(3000) < 0.1, Sampling(), Noise(2.0, "secret", "key"), is_zero_one=True
    )
    assert cells.rows + cells.rows_outside == 3000
    assert cells.loss + cells.loss_outside == found.sum()
