"""The practice gate: a test of candidates before they may cost a certification query (docs/science.md, The ledger).

What fails here costs the certification block nothing. Practice labels may be over-fitted by now; that can only
waste queries, never certify anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, ttest_1samp

from evaluator.adjudication.fewest import fewest
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, bernstein_lower
from evaluator.adjudication.sign_prediction import chance_of_sign_test, wins_to_pass
from evaluator.adjudication.sign_test import count_changes, log_binomial_tail

Floats = npt.NDArray[np.float64]

_MOST_CHANGED = 10**9


@dataclass(frozen=True)
class GateResult:
    """The gate's test of a candidate. Counts are practice rows."""

    passed: bool
    p_value: float  # one-sided, of "the candidate is no better"
    chance: float  # predicted, of passing the certification query
    wins: int
    losses: int
    changed_needed: int | None  # changed rows that would be enough at the same share of wins
    wins_needed: int | None  # wins that would be enough at the same number of changed rows

    @property
    def changed(self) -> int:
        """Practice rows whose loss changed."""
        return self.wins + self.losses


@dataclass(frozen=True)
class GateRule:
    """The gate's thresholds, and the query that waits behind it."""

    state: LedgerState
    certification_rows: int
    level: float = 0.05
    chance: float = 0.5
    checks: int = 1  # tests that must all be right at the query's level


def practice_gate(
    loss_before: Floats, loss_after: Floats, rule: GateRule, *, is_zero_one: bool
) -> GateResult:
    """Test the whole candidate on practice rows (losses float64[m]) and predict the outcome of its query."""
    wins, losses = count_changes(loss_before, loss_after)
    level = rule.state.log_inverse_delta(rule.checks)
    scale = rule.certification_rows / max(1, len(loss_before))
    if is_zero_one:
        p_value = math.exp(log_binomial_tail(wins + losses, wins))
        chance = chance_of_sign_test(wins, losses, len(loss_before), rule.certification_rows, level)
        changed_needed = _changed_needed(wins, losses, scale, level)
        wins_needed = _wins_needed(wins + losses, scale, level)
    else:
        z = loss_before - loss_after
        p_value = mean_test(z)
        chance = chance_of_bernstein(z, rule.certification_rows, level)
        growth = _growth_needed(z, rule.certification_rows, level)
        changed_needed = None if growth is None else math.ceil((wins + losses) * growth)
        wins_needed = None
    passed = p_value <= rule.level and chance >= rule.chance
    return GateResult(passed, p_value, chance, wins, losses, changed_needed, wins_needed)


def mean_test(z: Floats) -> float:
    """One-sided p-value of "the mean of z is at most zero" (Student's t; exact signs where z never varies)."""
    if len(z) < 2 or float(np.ptp(z)) == 0.0:
        return 0.0 if len(z) > 1 and float(z[0]) > 0 else 1.0
    return float(ttest_1samp(z, 0.0, alternative="greater").pvalue)


def chance_of_bernstein(z: Floats, certification_rows: int, level: float) -> float:
    """Predicted probability of a positive Bernstein bound on new rows (normal approximation)."""
    if len(z) < 2 or certification_rows < 2:
        return 0.0
    mean, variance = float(np.mean(z)), float(np.var(z, ddof=1))
    margin = bernstein_lower(mean, variance, certification_rows, level)
    spread = math.sqrt(variance * (1 / len(z) + 1 / certification_rows))
    if spread == 0.0:
        return float(margin > 0)
    return float(norm.cdf(margin / spread))


def _changed_needed(wins: int, losses: int, scale: float, level: float) -> int | None:
    """Fewest practice rows that would have to change, at the present share of wins, for the query to pass."""
    if wins <= losses or scale <= 0:
        return None
    share = wins / (wins + losses)

    def passed(changed: int) -> bool:
        certified = round(changed * scale)
        return log_binomial_tail(certified, math.floor(share * certified)) <= -level

    return fewest(passed, _MOST_CHANGED / scale)


def _wins_needed(changed: int, scale: float, level: float) -> int | None:
    """Fewest practice wins, of the rows that change now, for the query to pass; None where all would not do."""
    certified = round(changed * scale)
    needed = int(wins_to_pass(certified, level))
    return None if needed > certified else math.ceil(needed / scale)


def _growth_needed(z: Floats, certification_rows: int, level: float) -> float | None:
    """How many times as many rows would have to change alike for Bernstein's bound to be positive."""
    if len(z) < 2 or certification_rows < 2:
        return None
    mean, variance = float(np.mean(z)), float(np.var(z, ddof=1))
    if mean <= 0:
        return None
    # c mean - sqrt(2 c variance L / n) - 7 span L / (3 (n - 1)) = 0, a quadratic in the root of c.
    both = level + math.log(2)
    linear = math.sqrt(2 * variance * both / certification_rows)
    constant = -bernstein_lower(0.0, 0.0, certification_rows, level)
    root = (linear + math.sqrt(linear**2 + 4 * mean * constant)) / (2 * mean)
    return root**2
