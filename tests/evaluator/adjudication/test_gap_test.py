"""The test of a finding on secret rows: Fisher's, or two bets, and Holm's family at the close."""

import math

import numpy as np
import pytest
from scipy.stats import fisher_exact

from evaluator.adjudication.gap_test import (
    FinalTest,
    GapTest,
    choose_gap_test,
    confirm_family,
    measure_final,
    predict_gap_chance,
)
from evaluator.adjudication.noise import Noise, noise_finding
from evaluator.adjudication.sampling import Sampling
from evaluator.losses import Loss

ZERO_ONE, SQUARED = Loss("zero_one"), Loss("squared", 0.0, 1.0)
PLAIN = Sampling()


def rows_of(rate_inside, rate_outside, rows=4_000, share=0.1, seed=0):
    rng = np.random.default_rng(seed)
    inside = rng.random(rows) < share
    return (rng.random(rows) < np.where(inside, rate_inside, rate_outside)).astype(float), inside


def exact_cells(losses, inside, zero_one):
    return noise_finding(losses, inside, PLAIN, Noise(), is_zero_one=zero_one)


def bets_by_hand(test, losses, inside):
    products = (
        np.prod(1 + test.bet_inside * (losses[inside] - test.middle)),
        np.prod(1 + test.bet_outside * (test.middle - losses[~inside])),
    )
    return min(1.0, 1 / min(products))


def test_the_zero_one_loss_of_plain_rows_has_fishers_exact_test():
    losses, inside = rows_of(0.3, 0.2)
    wrong, others = losses[inside].sum(), losses[~inside].sum()
    table = [[wrong, inside.sum() - wrong], [others, (~inside).sum() - others]]
    test = choose_gap_test(ZERO_ONE, losses, inside, PLAIN)
    assert test == GapTest("fisher")
    expected = fisher_exact(table, alternative="greater").pvalue
    assert math.exp(test.log_p_value(losses, inside, PLAIN)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "sampling", [Sampling(unit=np.arange(4_000) // 2, unit_rows=2), Sampling(weight=np.full(4_000, 0.5))]
)
def test_rows_of_one_person_and_rows_that_count_for_less_are_bet_on(sampling):
    losses, inside = rows_of(0.3, 0.2)
    assert choose_gap_test(ZERO_ONE, losses, inside, sampling).name == "bet"
    with pytest.raises(ValueError, match="their own units"):
        GapTest("fisher").log_p_value(losses, inside, sampling)


def test_where_only_the_rows_that_are_asked_hold_several_of_one_person_it_bets():
    losses, inside = rows_of(0.3, 0.2)
    asked_of = Sampling(unit=np.arange(4_000) // 2, unit_rows=1)
    test = choose_gap_test(ZERO_ONE, losses, inside, PLAIN, asked_of)
    assert test.name == "bet"
    assert test.log_p_value(losses, inside, asked_of) < 0


def test_a_bet_is_the_smaller_of_two_products():
    practice, inside = rows_of(0.35, 0.2)
    test = choose_gap_test(SQUARED, practice, inside, PLAIN)
    losses, inside = rows_of(0.35, 0.2, seed=1)
    assert 0.2 < test.middle < 0.35
    assert math.exp(test.log_p_value(losses, inside, PLAIN)) == pytest.approx(
        bets_by_hand(test, losses, inside)
    )


def test_a_gap_is_shown_by_bets_too():
    test = choose_gap_test(SQUARED, *rows_of(0.4, 0.2), PLAIN)
    assert test.passes(*rows_of(0.4, 0.2, seed=1), PLAIN, log_inverse_delta=5.0)


def test_where_there_is_no_gap_bets_pass_no_more_often_than_their_level():
    """Units of up to three rows, whose size goes with their loss, and a group that cuts through them."""
    passed = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, 4, 500)
        unit = np.repeat(np.arange(500), sizes)
        losses = np.repeat((rng.random(500) < 0.1 * sizes).astype(float), sizes)
        inside = rng.random(len(unit)) < 0.2
        sampling = Sampling(unit=unit, unit_rows=3)
        # Fixed on rows that promise much, which these do not keep.
        test = GapTest("bet", middle=0.2, bet_inside=0.5, bet_outside=0.1)
        passed += test.passes(losses, inside, sampling, log_inverse_delta=math.log(10))
    assert passed <= 400 * 0.1 + 3 * math.sqrt(400 * 0.1 * 0.9)


def test_sides_without_rows_show_nothing():
    losses, inside = rows_of(0.3, 0.2)
    for empty in (np.zeros_like(inside), np.ones_like(inside)):
        for test in (GapTest("fisher"), choose_gap_test(SQUARED, losses, empty, PLAIN)):
            assert test.log_p_value(losses, empty, PLAIN) == 0.0


@pytest.mark.parametrize("loss", [ZERO_ONE, SQUARED])
def test_the_predicted_chance_follows_what_happens(loss):
    passed, predicted = [], []
    for seed in range(60):
        losses, inside = rows_of(0.34, 0.2, rows=2_000, seed=seed)
        test = choose_gap_test(loss, losses, inside, PLAIN)
        predicted.append(
            predict_gap_chance(
                exact_cells(losses, inside, loss.is_zero_one),
                rows=2_000,
                exact=loss.is_zero_one,
                log_inverse_delta=6.0,
            )
        )
        passed.append(test.passes(*rows_of(0.34, 0.2, rows=2_000, seed=1_000 + seed), PLAIN, 6.0))
    assert np.mean(predicted) == pytest.approx(np.mean(passed), abs=0.25)


def test_no_chance_is_predicted_without_rows_or_against_the_gap():
    losses, inside = rows_of(0.05, 0.4)
    cells = exact_cells(losses, inside, True)
    assert predict_gap_chance(cells, rows=0, exact=True, log_inverse_delta=6.0) == 0.0
    assert predict_gap_chance(cells, rows=4_000, exact=True, log_inverse_delta=6.0) < 0.001


def test_the_family_of_the_close_is_holms():
    tests = [FinalTest(GapTest("fisher"), 100, 0.3, 0.2, p) for p in (0.01, 0.04, 0.02)]
    family = confirm_family(tests)
    assert [each.p_adjusted for each in family] == pytest.approx([0.03, 0.04, 0.04])
    assert all(each.confirmed for each in family)
    assert not any(each.confirmed for each in confirm_family([*tests, *[tests[1]] * 20])[1:])


def test_a_final_test_comes_back_from_its_json():
    losses, inside = rows_of(0.4, 0.2)
    found = measure_final(choose_gap_test(SQUARED, losses, inside, PLAIN), losses, inside, PLAIN)
    assert FinalTest.from_json(found.to_json()) == found
    assert (found.rows, found.loss_inside) == (int(inside.sum()), pytest.approx(losses[inside].mean()))
