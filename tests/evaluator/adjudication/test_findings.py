"""Findings while open: worse on practice rows, by one set of cells at a level that falls with the team's tries."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact, ttest_ind

from evaluator.adjudication.feedback import FindingFeedback
from evaluator.adjudication.findings import (
    FindingCase,
    finding_level,
    gap_p_value,
    judge_finding,
)
from evaluator.adjudication.noise import FindingCells, Noise, noise_finding
from evaluator.adjudication.sampling import Sampling

ROWS = 2_000


def zero_one_case(inside_rate, outside_rate, *, share=0.1, seed=0, **fields):
    rng = np.random.default_rng(seed)
    inside = rng.random(ROWS) < share
    losses = (rng.random(ROWS) < np.where(inside, inside_rate, outside_rate)).astype(float)
    return FindingCase(exact_cells(losses, inside), True, True, 20, **fields)


def exact_cells(losses, inside, *, sampling=None, zero_one=True):
    return noise_finding(losses, inside, sampling or Sampling(), Noise(), is_zero_one=zero_one)


def test_a_group_that_is_served_worse_is_worse_on_practice_rows_and_counts():
    decision = judge_finding(zero_one_case(0.5, 0.2, place="on small children"))
    assert decision.state == "worse" and decision.practice.counts
    assert decision.sentence.startswith(
        "Worse on practice rows: on small children, the shared model errs on "
    )
    assert FindingFeedback.from_json(json.loads(json.dumps(decision.practice.to_json()))) == decision.practice


def test_a_group_that_is_served_alike_is_not_shown():
    decision = judge_finding(zero_one_case(0.2, 0.2))
    assert decision.state == "not_shown" and not decision.practice.counts
    assert "could be chance" in decision.sentence


def test_the_levels_of_all_findings_a_team_can_send_sum_to_one_in_twenty():
    assert math.fsum(finding_level(j) for j in range(1, 5_000)) == pytest.approx(0.05, abs=1e-4)


def test_the_jth_finding_is_judged_at_its_own_level():
    case = zero_one_case(0.34, 0.2)
    p_value = judge_finding(case).practice.p_value
    last = max(j for j in range(1, 10_000) if p_value <= finding_level(j))
    assert judge_finding(replace(case, number=last)).state == "worse"
    assert judge_finding(replace(case, number=last + 1)).state == "not_shown"


def test_without_noise_the_test_of_the_zero_one_loss_is_fishers():
    case = zero_one_case(0.3, 0.2)
    wrong, rows, others = int(case.cells.loss), case.cells.rows, int(case.cells.loss_outside)
    table = [[wrong, rows - wrong], [others, ROWS - rows - others]]
    assert gap_p_value(case) == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


def test_of_other_losses_it_is_students():
    rng = np.random.default_rng(1)
    losses, inside = rng.random(ROWS) ** 2, rng.random(ROWS) < 0.3
    losses[inside] = np.clip(losses[inside] + 0.05, 0, 1)
    case = FindingCase(exact_cells(losses, inside, zero_one=False), False, False, 20)
    welch = ttest_ind(losses[inside], losses[~inside], equal_var=False, alternative="greater").pvalue
    assert gap_p_value(case) == pytest.approx(welch, rel=0.25)


def test_rows_of_one_person_count_as_one():
    """A fifth of the people have all the errors: ten of a hundred rows each."""
    unit = np.repeat(np.arange(20), 20)
    inside, losses = unit < 3, ((unit < 2) | (unit % 3 == 0)).astype(float)
    alone = FindingCase(exact_cells(losses, inside), True, True, 20)
    people = Sampling(unit=unit, unit_rows=20)
    together = FindingCase(exact_cells(losses, inside, sampling=people), False, True, 20, unit_rows=20)
    assert gap_p_value(alone) < 1e-4
    assert gap_p_value(together) > 0.05


@pytest.mark.parametrize("exact", [True, False])
def test_the_noise_is_part_of_the_chance(exact):
    """Over rows and noise p is at most a level in about that share of cases; without the noise's part it is not."""
    rng, found, blind = np.random.default_rng(5), [], []
    for run in range(1_500):
        losses = (rng.random(1_000) < 0.2).astype(float)
        noise = Noise(2.0, "secret", str(run))
        cells = noise_finding(losses, rng.random(1_000) < 0.03, Sampling(), noise, is_zero_one=exact)
        case = FindingCase(cells, exact, exact, 1, noise_scale=2.0)
        found.append(gap_p_value(case))
        blind.append(gap_p_value(replace(case, noise_scale=0.0)))
    assert np.mean(np.array(found) <= 0.05) < 0.07
    assert np.mean(np.array(blind) <= 0.05) > 0.085


def test_too_few_rows_say_nothing_of_the_group():
    decision = judge_finding(zero_one_case(0.9, 0.2, share=0.005, noise_scale=2.0))
    assert decision.state == "not_shown"
    assert "too few to say" in decision.sentence and "%" not in decision.sentence
    assert (decision.practice.loss_inside, decision.practice.loss_outside) == (0.0, 0.0)


def test_noised_figures_are_told_with_about():
    plain, noised = (zero_one_case(0.5, 0.2, noise_scale=scale) for scale in (0.0, 2.0))
    assert "about" not in judge_finding(plain).sentence
    assert "errs on about" in judge_finding(noised).sentence


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"team_counted": 10}, "used up"),
        ({"overlap": 0.9}, "found before"),
        ({"share": 0.4}, "40% of the rows"),
    ],
)
def test_past_a_limit_it_is_worse_but_does_not_count(limit, reason):
    decision = judge_finding(replace(zero_one_case(0.5, 0.2), **limit))
    assert decision.state == "worse" and not decision.practice.counts
    assert reason in decision.sentence


def test_a_part_that_others_found_is_said():
    assert (
        "the part that no earlier finding holds"
        in judge_finding(zero_one_case(0.5, 0.2, own_share=0.4)).sentence
    )


def test_groups_of_nobody_and_of_everybody_show_nothing():
    case = zero_one_case(0.5, 0.2)
    nobody = replace(case, cells=FindingCells(0, 0.0, ROWS, 400.0, 0.0, 0.0))
    assert judge_finding(nobody).sentence.startswith("Not shown yet: none of the practice rows")
    assert gap_p_value(replace(case, cells=FindingCells(ROWS, 400.0, 0, 0.0, 0.0, 320.0))) == 1.0
