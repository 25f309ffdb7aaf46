"""Findings: judged on practice rows, Holm over a team's findings, and which of them count."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

from evaluator.adjudication.rule_2026_11.findings import (
    FindingCase,
    gap_p_value,
    judge_finding,
)
from evaluator.decision_list import Head, Practice
from evaluator.losses import Loss

ROWS = 2000


@pytest.fixture
def case():
    """A tenth of the rows is served at 50% error, the others at 20%."""
    rng = np.random.default_rng(21)
    y = rng.integers(0, 2, ROWS).astype(np.int16)
    mask = rng.random(ROWS) < 0.1
    base = np.where(rng.random(ROWS) < np.where(mask, 0.5, 0.2), 1 - y, y).astype(np.int16)
    practice = Practice(slice(0, ROWS), y, Loss("zero_one"), 0.0, 20)
    return FindingCase(mask, Head(0, base), practice, place="on small children")


def test_a_group_that_is_served_worse_is_confirmed_and_counts(case):
    decision = judge_finding(case)
    assert decision.state == "confirmed" and decision.practice.counts
    assert decision.sentence.startswith("Confirmed finding: on small children, the shared model errs on ")
    assert json.loads(json.dumps(decision.practice.to_json()))["kind"] == "finding"


def test_a_group_that_is_served_better_is_not(case):
    decision = judge_finding(replace(case, mask=~case.mask))
    assert decision.state == "not_shown" and decision.practice.p_value > 0.5


def test_earlier_tries_of_the_team_raise_the_bar(case):
    weak = replace(case, mask=case.mask & (np.arange(ROWS) < 300))
    alone = judge_finding(weak).practice
    many = judge_finding(replace(weak, team_p_values=[0.5] * 200)).practice
    assert many.p_adjusted == pytest.approx(min(1, 201 * alone.p_value))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"team_counted": 10}, "used up"),
        ({"earlier": "same"}, "found before"),
    ],
)
def test_a_confirmed_finding_that_does_not_count_says_why(case, change, reason):
    if change.get("earlier"):
        change = {"earlier": [case.mask]}
    decision = judge_finding(replace(case, **change))
    assert decision.state == "confirmed" and not decision.practice.counts
    assert reason in decision.practice.why_not and reason in decision.sentence


def test_a_group_of_more_than_a_quarter_does_not_count(case):
    wide = replace(case, mask=case.mask | (np.arange(ROWS) < 500))
    decision = judge_finding(wide)
    assert not decision.practice.counts and "25%" in decision.practice.why_not


def test_a_group_below_the_smallest_size_is_not_confirmed(case):
    bad = case.head.predictions != case.practice.y
    few = np.zeros(ROWS, dtype=bool)
    few[np.flatnonzero(bad)[:19]] = True
    decision = judge_finding(replace(case, mask=few))
    assert decision.state == "not_shown" and "20 are needed" in decision.sentence


@pytest.mark.parametrize("everyone", [True, False])
def test_an_empty_side_shows_nothing(case, everyone):
    decision = judge_finding(replace(case, mask=np.full(ROWS, everyone)))
    assert decision.state == "not_shown" and decision.practice.p_value == 1.0


def test_with_one_row_a_unit_the_test_is_close_to_welchs():
    rng = np.random.default_rng(0)
    losses, inside = rng.random(3000), rng.random(3000) < 0.3
    losses[inside] += 0.02
    welch = ttest_ind(losses[inside], losses[~inside], equal_var=False, alternative="greater").pvalue
    assert gap_p_value(losses, inside) == pytest.approx(welch, rel=0.03)


def test_rows_of_one_person_are_not_taken_for_many():
    """True nulls are refused at the nominal rate though each person brings ten like rows."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(200), 10)
    by_unit, by_row = [], []
    for _ in range(300):
        losses = np.repeat(rng.random(200), 10) * 0.5 + rng.random(2000) * 0.5
        inside = np.repeat(rng.random(200) < 0.3, 10)
        by_unit.append(gap_p_value(losses, inside, unit) <= 0.05)
        by_row.append(gap_p_value(losses, inside) <= 0.05)
    assert np.mean(by_unit) <= 0.08
    assert np.mean(by_row) > 0.12


def test_a_side_without_variance_is_tested_exactly():
    losses = np.r_[np.ones(10), np.zeros(90)]
    inside = np.arange(100) < 10
    assert gap_p_value(losses, inside) < 1e-9
    assert gap_p_value(np.zeros(100), inside) == 1.0


def test_a_side_without_variance_is_tested_on_one_row_a_person():
    """Two people of twenty wrong rows each are two, not forty."""
    unit = np.repeat(np.arange(20), 20)
    inside = unit < 2
    losses = np.where(inside | (unit % 3 == 0), 1.0, 0.0)
    assert gap_p_value(losses, inside) < 1e-6
    assert gap_p_value(losses, inside, unit) > 0.05
    random = np.random.default_rng(2).permutation(len(unit))
    assert gap_p_value(losses[random], inside[random], unit[random]) > 0.05
