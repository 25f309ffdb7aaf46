"""Where harm is certified: a patch passes only if every protected group is shown to be hardly worse off."""

from dataclasses import replace

import numpy as np
import pytest

from evaluator.adjudication.rule_2026_11.acceptance import Case, Certification, Rule, judge_patch
from evaluator.adjudication.rule_2026_11.harm import is_harm_within, predict_harm_bound
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list import Head, Practice, Protected, Step
from evaluator.losses import Loss

PRACTICE, ROWS = 4000, 12000
CERTIFIED = Rule(harm="certified")


def case(tolerance=0.05, women=0.5, harmed=0.0, seed=2, loss="zero_one"):
    """Children (20%) are served badly and the patch mends that; of a group of women it makes a share wrong.

    On practice rows nobody is harmed.
    """
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, ROWS).astype(np.int16)
    children, protected = rng.random(ROWS) < 0.2, rng.random(ROWS) < women
    base = np.where(rng.random(ROWS) < np.where(children, 0.5, 0.1), 1 - y, y).astype(np.int16)
    patch = np.where(children, np.where(rng.random(ROWS) < 0.2, 1 - y, y), base).astype(np.int16)
    unlucky = protected & ~children & (rng.random(ROWS) < harmed) & (np.arange(ROWS) >= PRACTICE)
    patch = np.where(unlucky, 1 - y, patch).astype(np.int16)
    head = Head(0, base)
    return Case(
        step=Step("submission:a", np.ones(ROWS, dtype=bool), patch),
        head=head,
        published=[head],
        protected=[Protected("declared:1", protected & ~children, declared=True)],
        practice=Practice(slice(0, PRACTICE), y[:PRACTICE], Loss(loss), tolerance, 20),
        certification=Certification(slice(PRACTICE, ROWS), y[PRACTICE:], LedgerState()),
        rule=CERTIFIED,
        names={"declared:1": "women"},
    )


def test_a_patch_that_harms_nobody_is_accepted_and_pays_for_every_check():
    decision = judge_patch(case())
    assert decision.state == "accepted"
    assert decision.query.log_inverse_delta == LedgerState().log_inverse_delta(checks=2)


def test_a_little_harm_that_is_not_shown_to_be_small_refuses_with_one_bit():
    """Too little for an alarm, too much for a certificate."""
    given = case(tolerance=0.002, harmed=0.001)
    decision = judge_patch(given)
    assert decision.state == "not_shown" and decision.query is not None and not decision.query.passed
    assert decision.query.alarm_bits == 0
    assert "or not that every protected group is harmed by at most 0.2 points" in decision.sentence
    assert judge_patch(replace(given, rule=Rule())).state == "accepted"


def test_large_harm_is_a_plain_refusal_too():
    given = case(harmed=0.08)
    assert judge_patch(given).state == "not_shown"
    assert judge_patch(replace(given, rule=Rule())).state == "harmful"


def test_a_group_too_small_to_certify_costs_no_query_and_is_named():
    decision = judge_patch(case(women=0.01))
    assert decision.state == "not_shown" and decision.query is None and not decision.passed_gate
    assert decision.practice.reason == "unsure_harm" and decision.practice.unsure == ("declared:1",)
    assert "of women there would be too few certification rows to show that harm is at most 5.0 points" in (
        decision.sentence
    )


def test_a_declared_group_that_practice_rows_do_not_hold_cannot_be_certified():
    given = case()
    unseen = Protected("declared:2", np.arange(ROWS) >= ROWS - 500, declared=True)
    decision = judge_patch(replace(given, protected=[*given.protected, unseen]))
    assert decision.practice.unsure == ("declared:2",)


@pytest.mark.parametrize("tolerance", [0.02, 0.05])
def test_harm_above_the_tolerance_is_certified_no_more_often_than_the_level(tolerance):
    """The truth is a little above what is tolerated."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        after = (rng.random(500) < tolerance * 1.02).astype(float)
        wrong += is_harm_within(
            np.zeros(500),
            after,
            [np.ones(500, dtype=bool)],
            tolerance,
            is_zero_one=True,
            log_inverse_delta=3.0,
        )
    assert wrong <= 0.08 * 400


def test_the_prediction_for_as_many_rows_is_the_bound_itself():
    rng = np.random.default_rng(1)
    before, after = rng.random(300), rng.random(300)
    for is_zero_one in (True, False):
        predicted = predict_harm_bound(
            np.round(before), np.round(after), 1.0, is_zero_one=is_zero_one, log_inverse_delta=3.0
        )
        group = [np.ones(300, dtype=bool)]
        for slack, certified in ((1e-9, True), (-1e-9, False)):
            assert certified == is_harm_within(
                np.round(before),
                np.round(after),
                group,
                predicted + slack,
                is_zero_one=is_zero_one,
                log_inverse_delta=3.0,
            )


def test_of_one_row_nothing_is_predicted():
    assert predict_harm_bound(np.zeros(1), np.zeros(1), 9.0, is_zero_one=True, log_inverse_delta=3.0) == 1.0
