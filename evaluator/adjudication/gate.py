"""The practice gate of the present rule: whether a candidate may cost a certification query (docs/science.md, The
ledger).

Everything is computed from noised cells. The chance of passing is predicted at the level that the query would get, and
that level follows from the chance as it is stored: two steps of a fixed point settle both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.stats import t

from evaluator.adjudication.betting import Moments, chance_of_bet
from evaluator.adjudication.gain_test import GainTest, choose_test
from evaluator.adjudication.ledger import BlockLedger, rounded_chance
from evaluator.adjudication.noise import ChangeCells
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_prediction import chance_of_sign_test
from evaluator.adjudication.sign_test import log_binomial_tail
from evaluator.losses import Loss

_STEPS = 2  # of the fixed point
_TWENTIETHS = 20  # a chance is compared with the setting as it is rounded, before it is clipped
_MOST_GROWTH = 2**20
# A person's gate after one, two and more refused queries.
_GATES_AFTER = (0.8, 0.9, 0.95)


@dataclass(frozen=True, eq=False)
class GateRule:
    """The gate's thresholds, the practice rows, and the query that waits behind it."""

    loss: Loss
    practice_units: int
    certification: Sampling
    certification_rows: int
    ledger: BlockLedger
    level: float = 0.05
    chance: float = 0.7
    is_plain: bool = True  # practice rows are their own units and count alike

    @property
    def certification_units(self) -> int:
        """How many units the block holds."""
        return self.certification.count_units(self.certification_rows)


@dataclass(frozen=True)
class Prediction:
    """A change of answers before the gate: its p-value on practice rows, and the query that it would ask."""

    p_value: float  # one-sided, of "it is no better"
    predicted: float  # the chance of passing the query
    chance: float  # the same as it is stored: rounded and clipped
    log_inverse_delta: float  # the level that follows from it
    test: GainTest

    def passes(self, rule: GateRule) -> bool:
        """Whether the gate lets it through."""
        rounded = round(self.predicted * _TWENTIETHS) / _TWENTIETHS
        return self.p_value <= rule.level and rounded >= rule.chance - 1e-9


def gate_after(refused: int, first: float) -> float:
    """The gate's chance of a person with so many refused queries, where the competition's own is `first`."""
    return first if refused == 0 else max(first, _GATES_AFTER[min(refused, len(_GATES_AFTER)) - 1])


def predict_query(cells: ChangeCells, rule: GateRule) -> Prediction:
    """The prediction of a change's query from its noised cells."""
    moments = moments_of(cells, rule.practice_units)
    test = choose_test(rule.loss, rule.certification, moments)
    chance, predicted = rounded_chance(rule.chance), 0.0
    for _ in range(_STEPS):
        predicted = _chance(cells, test, rule, rule.ledger.level(chance))
        chance = rounded_chance(predicted)
    p_value = practice_p_value(cells, rule.practice_units, is_plain=rule.is_plain)
    return Prediction(p_value, predicted, chance, rule.ledger.level(chance), test)


def moments_of(cells: ChangeCells, units: int) -> Moments:
    """The sums of Z that a bet is chosen by."""
    return Moments(units, cells.z, cells.z2)


def practice_p_value(cells: ChangeCells, units: int, *, is_plain: bool) -> float:
    """One-sided p-value of "no better" on practice rows: exact sign test where rows are their own units and count alike
    (`is_plain`), else Student's t over units."""
    if cells.wins is not None and cells.changed is not None and is_plain:
        return math.exp(log_binomial_tail(cells.changed, cells.wins))
    moments = moments_of(cells, units)
    if moments.units < 2 or moments.mean <= 0:
        return 1.0
    variance = (moments.second - moments.mean**2) * moments.units / (moments.units - 1)
    if variance <= 0:
        return 0.0
    return float(t.sf(moments.mean / math.sqrt(variance / moments.units), moments.units - 1))


def changed_needed(cells: ChangeCells, rule: GateRule, level: float, most: int) -> int | None:
    """How many practice rows would have to change, won as often, to pass the gate at the level; None above `most`."""
    wins, losses = cells.wins, cells.losses
    if wins is None or losses is None or wins <= losses or rule.certification_rows < 1:
        return None
    test = GainTest("sign") if rule.certification.is_plain else predict_query(cells, rule).test

    def chance(growth: float) -> float:
        return _chance(_grown(cells, growth), test, rule, level)

    growth = _growth_needed(chance, rule.chance)
    needed = None if growth is None else math.ceil((wins + losses) * growth)
    return needed if needed is not None and needed <= most else None


def wins_needed(cells: ChangeCells, rule: GateRule, level: float) -> int | None:
    """How many wins of as many changed rows would pass the gate at the level; None where not even all would."""
    changed = cells.changed
    if changed is None or not rule.certification.is_plain or rule.certification_rows < 1:
        return None

    def enough(wins: int) -> bool:
        chance = chance_of_sign_test(
            wins, changed - wins, rule.practice_units, rule.certification_rows, level
        )
        return chance >= rule.chance

    if not enough(changed):
        return None
    low, high = 0, changed
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def gain_needed(cells: ChangeCells, rule: GateRule, level: float) -> float | None:
    """Which gain over all practice rows' mean loss, changed alike, would pass the gate at the level; None above 1."""
    if cells.gain <= 0:
        return None

    def chance(growth: float) -> float:
        grown = _grown(cells, growth)
        test = choose_test(rule.loss, rule.certification, moments_of(grown, rule.practice_units))
        return _chance(grown, test, rule, level)

    growth = _growth_needed(chance, rule.chance)
    return None if growth is None else growth * cells.gain


def _chance(cells: ChangeCells, test: GainTest, rule: GateRule, level: float) -> float:
    if test.name == "sign":
        assert cells.wins is not None and cells.losses is not None  # noqa: S101 - of a 0-1 loss
        return chance_of_sign_test(
            cells.wins, cells.losses, rule.practice_units, rule.certification_rows, level
        )
    moments = moments_of(cells, rule.practice_units)
    return chance_of_bet(moments, rule.certification_units, test.weight or 0.0, level)


def _grown(cells: ChangeCells, growth: float) -> ChangeCells:
    """Cells of so many times as many rows that change alike."""
    wins, losses = (None if each is None else round(each * growth) for each in (cells.wins, cells.losses))
    return ChangeCells(
        cells.rows, cells.before, cells.after, cells.z * growth, cells.z2 * growth, wins, losses
    )


def _growth_needed(chance: Callable[[float], float], enough: float) -> float | None:
    """The growth from which on a chance is enough, to about 1%."""
    high = 1.0
    while chance(high) < enough:
        high *= 2
        if high > _MOST_GROWTH:
            return None
    low = high / 2
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if chance(middle) >= enough else (middle, high)
    return high
