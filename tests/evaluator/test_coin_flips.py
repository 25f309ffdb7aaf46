"""A false accept is rare, whatever adaptive strangers try; a true effect is found."""

import numpy as np
import pytest

from benchmarks.coin_flips import ATTACKERS, naive_run, planted_run, run


@pytest.mark.parametrize("name", ATTACKERS)
def test_coin_flips_are_hardly_ever_accepted(name):
    runs = [run(ATTACKERS[name], submissions=60, seed=seed) for seed in range(20)]
    assert sum(r.false_accepts > 0 for r in runs) <= 2
    assert np.mean([r.shown_error for r in runs]) == pytest.approx(0.5, abs=0.02)


def test_the_attack_does_reach_the_certification_rows():
    """Otherwise the test above would show nothing."""
    assert run(ATTACKERS["cooperating teams"], submissions=50, seed=0).queries >= 40
    assert run(ATTACKERS["boosting on practice feedback"], submissions=200, seed=0).queries >= 3


def test_accepting_any_improvement_would_have_been_fooled():
    fooled = [naive_run(400, seed) for seed in range(5)]
    assert min(r.false_accepts for r in fooled) >= 5
    assert max(r.shown_error for r in fooled) < 0.48


def test_true_effects_are_accepted():
    assert np.mean([planted_run(seed) for seed in range(20)]) >= 0.9
