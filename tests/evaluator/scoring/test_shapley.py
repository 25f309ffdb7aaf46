"""Shapley values over teams: they add up, they do not depend on the order, and a copy takes half."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.decision_list.repairs import Practice, Protected, Step, replay_steps
from evaluator.losses import Loss
from evaluator.scoring.points import improvement
from evaluator.scoring.shapley import Entry, Replays, estimate_shapley, exact_values, sampled_marginals

ROWS = 400
PRACTICE, SCORED = slice(0, 200), slice(200, 400)


def play(seed, owners, *, declared=True):
    """A base wrong on three rows of ten, and one patch of random quality for each owner."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, ROWS).astype(np.int16)

    def erring(share):
        return np.where(rng.random(ROWS) < share, 1 - y, y).astype(np.int16)

    entries = []
    for number, team in enumerate(owners):
        mask = rng.random(ROWS) < rng.uniform(0.1, 0.6)
        entries.append(Entry(team, Step(f"submission:{number}", mask, erring(rng.uniform(0.05, 0.35)))))
    groups = [Protected("declared:1", rng.random(ROWS) < 0.3, declared=True)] if declared else []
    practice = Practice(PRACTICE, y[PRACTICE], Loss("zero_one"), 0.0, 20)
    return erring(0.3), entries, groups, practice, y


def replays_of(seed, owners, **options):
    base, entries, groups, practice, y = play(seed, owners, **options)
    return Replays(base, entries, groups, practice, SCORED, y[SCORED], np.ones(200))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from("abcd"), min_size=1, max_size=6))
def test_exact_values_add_up_to_the_models_improvement(seed, owners):
    base, entries, groups, practice, y = play(seed, owners)
    found = estimate_shapley(replays_of(seed, owners))
    head = replay_steps(base, [entry.step for entry in entries], groups, practice)[-1].predictions
    wrong = [(predictions != y)[SCORED].astype(float) for predictions in (base, head)]
    assert found.exact and found.adds_up
    assert found.total == pytest.approx(improvement(wrong[0], wrong[1], np.ones(200)), abs=1e-9)
    assert sum(each.value for each in found.values.values()) == pytest.approx(found.total, abs=1e-9)


def test_sampled_values_add_up_even_where_permutations_are_cut_off():
    replays = replays_of(3, "abcdefgh")
    found = estimate_shapley(replays, permutations=20)
    assert (found.permutations, found.exact) == (20, False)
    assert found.adds_up
    marginals, cut_off = sampled_marginals(replays.teams, replays, 20, seed=0, tolerance=0.5)
    assert cut_off > 0.2
    np.testing.assert_allclose(marginals.sum(axis=1), found.total, atol=1e-9)


def test_sampled_values_agree_with_the_exact_ones_within_their_errors():
    replays = replays_of(4, "abcdef")
    exact = exact_values(replays.teams, replays)
    marginals, _ = sampled_marginals(replays.teams, replays, 400, seed=1, tolerance=0.0)
    errors = marginals.std(axis=0, ddof=1) / np.sqrt(400)
    assert (np.abs(marginals.mean(axis=0) - exact) <= 4 * errors + 1e-9).all()


def test_the_same_seed_gives_the_same_values():
    first, second = (estimate_shapley(replays_of(5, "abcdefgh"), permutations=10, seed=7) for _ in range(2))
    assert first == second
    assert estimate_shapley(replays_of(5, "abcdefgh"), permutations=10, seed=8).values != first.values


def test_a_copy_takes_half_and_so_these_values_are_not_the_score():
    base, entries, _, practice, y = play(6, "a", declared=False)
    entries.append(
        Entry("mallory", Step("submission:copy", entries[0].step.mask, entries[0].step.predictions))
    )
    found = estimate_shapley(Replays(base, entries, [], practice, SCORED, y[SCORED], np.ones(200)))
    assert found.values["a"].value == pytest.approx(found.total / 2)
    assert found.values["mallory"].value == pytest.approx(found.total / 2)


def test_a_patch_that_changes_nothing_is_worth_nothing():
    base, entries, groups, practice, y = play(7, "ab")
    entries.append(Entry("idle", Step("submission:idle", np.zeros(ROWS, dtype=bool), base)))
    found = estimate_shapley(Replays(base, entries, groups, practice, SCORED, y[SCORED], np.ones(200)))
    assert found.values["idle"].value == pytest.approx(0, abs=1e-9)


def test_a_list_without_patches_is_owed_to_nobody():
    found = estimate_shapley(replays_of(8, ""))
    assert (found.values, found.total, found.adds_up) == ({}, 0.0, True)


def test_one_permutation_has_no_standard_error():
    with pytest.raises(ValueError, match="at least 2"):
        estimate_shapley(replays_of(9, "ab"), permutations=1)


def test_each_coalition_is_replayed_once():
    replays = replays_of(10, "abc")
    estimate_shapley(replays)
    assert replays.count == 2**3 - 1
    estimate_shapley(replays)
    assert replays.count == 2**3 - 1
