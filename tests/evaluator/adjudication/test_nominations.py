"""Holm's p-values, the Jaccard index, and why a finding does not count."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from evaluator.adjudication.nominations import holm_adjusted, jaccard, nomination_refusal


def test_holm_by_hand():
    assert holm_adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_holm_agrees_with_statsmodels(count):
    p_values = np.random.default_rng(count).random(count) ** 4
    p_values[-1] = p_values[0]
    assert holm_adjusted(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_overlap_of_nothing_with_nothing_is_nothing():
    none = np.zeros(3, dtype=bool)
    assert jaccard(none, none) == 0.0
    assert jaccard(np.array([True, True, False]), np.array([False, True, True])) == pytest.approx(1 / 3)


FINE = {"rows": 50, "smallest_group": 20, "weight": 0.1, "overlap": 0.1, "team_counted": 0}


def test_a_finding_within_all_limits_counts():
    assert nomination_refusal(**FINE) == ""


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"rows": 19}, "it holds 19 practice rows and 20 are needed"),
        ({"weight": 0.26}, "it holds 26% of the rows and at most 25% may be"),
        ({"overlap": 0.8}, "80% of it was found before"),
        ({"team_counted": 10}, "the team's 10 findings that count are used up"),
    ],
)
def test_past_a_limit_it_does_not_and_says_which(limit, said):
    assert nomination_refusal(**FINE | limit) == said
