"""Power of the betting test beside the rule of 2026-11, and its level where units and strata tempt:
`python -m benchmarks.bets [--json] [--runs N]`.

Planted effects of one group, tested once at a given level. What lies outside the group does not change, so only its
units are drawn.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.effects import draw_losses
from benchmarks.figures import progress, report
from benchmarks.planted import PRACTICE_SHARE
from evaluator.adjudication.betting import Moments, chance_of_bet
from evaluator.adjudication.gain_test import GainTest, choose_test
from evaluator.adjudication.rule_2026_11.ledger import passes_test
from evaluator.adjudication.sampling import Sampling, stratum_weights
from evaluator.adjudication.sign_prediction import chance_of_sign_test
from evaluator.adjudication.sign_test import count_changes
from evaluator.losses import Loss, LossName

Floats = npt.NDArray[np.float64]
Random = np.random.Generator

LOSSES: tuple[LossName, ...] = ("zero_one", "cost", "squared", "absolute", "log")
WEIGHTS = (0.0025, 0.005, 0.01, 0.02, 0.05)
ROWS = (5_000, 20_000, 100_000)
UNIT_ROWS = (1, 3)
LEVEL = 13.0  # nats: what a query asks for after about twenty, of which fifteen were accepted
DELTA = 0.05
# At 20,000 rows and 13 nats: (loss, weight) -> least share accepted (SCIENCE, the tests).
GOALS: dict[tuple[LossName, float], float] = {("cost", 0.05): 0.9, ("squared", 0.05): 0.95}


@dataclass(frozen=True)
class BetPower:
    """Shares of runs that accept the planted effect, and the mean predicted chance."""

    new: float  # the betting test, or the exact sign test where rows are their own 0-1 units
    old: float  # the rule of 2026-11: Bernstein's bound or the sign test, of one row a unit
    predicted: float


@dataclass(frozen=True)
class NullAccepts:
    """Shares of runs that accept a patch of no gain on the table."""

    bet: float
    naive: float  # the same rows taken as if they were their own units and counted alike


def bet_power(
    loss: LossName,
    weight: float,
    rows: int,
    *,
    unit_rows: int = 1,
    level: float = LEVEL,
    runs: int = 200,
    seed: int = 0,
) -> BetPower:
    """The power at a level on so many certification rows, of a patch that mends a group of that weight."""
    rng = np.random.default_rng(seed)
    units, practice_units = rows // unit_rows, round(rows * PRACTICE_SHARE) // unit_rows
    new = old = predicted = 0.0
    for _ in range(runs):
        chance, test = _predict(
            loss, _draw(rng, loss, weight, practice_units, unit_rows), units, practice_units, level
        )
        before, after, sampling = _draw(rng, loss, weight, units, unit_rows)
        predicted += chance
        new += test.passes(before, after, sampling, level)
        first = slice(None, None, unit_rows)
        old += _old_passes(before[first], after[first], units, level, is_zero_one=loss == "zero_one")
    return BetPower(new / runs, old / runs, predicted / runs)


def oversampled_null(
    *, runs: int = 400, rows: int = 10_000, level: float = math.log(1 / DELTA)
) -> NullAccepts:
    """A patch that gains in a stratum of 4% of the table and loses as much elsewhere, on rows of which 8% are of the
    stratum; 0-1 loss.
    """

    def draw(rng: Random) -> tuple[Floats, Sampling]:
        stratum = (np.arange(rows) < 0.08 * rows).astype(np.int64)
        gain = np.where(stratum == 1, rng.random(rows) < 0.48, -1.0 * (rng.random(rows) < 0.02))
        return gain, Sampling(weight=stratum_weights(stratum, None, {0: 0.96, 1: 0.04}))

    return _null_accepts(draw, runs, level)


def unit_size_null(*, runs: int = 400, level: float = math.log(1 / DELTA)) -> NullAccepts:
    """A patch by which 1 of 10 small units gains and few large ones lose as many rows; M is the table's largest."""
    sizes, gains = np.repeat([1, 40], [3990, 10]), np.zeros(4000)
    gains[:400], gains[3990:] = 1.0, -1.0

    def draw(rng: Random) -> tuple[Floats, Sampling]:
        drawn = rng.permutation(4000)[:400]
        unit = np.repeat(np.arange(400), sizes[drawn])
        return np.repeat(gains[drawn], sizes[drawn]), Sampling(unit, None, 40)

    return _null_accepts(draw, runs, level)


def _null_accepts(draw: Callable[[Random], tuple[Floats, Sampling]], runs: int, level: float) -> NullAccepts:
    rng, bet, naive = np.random.default_rng(0), 0, 0
    for _ in range(runs):
        gain, sampling = draw(rng)
        before, after = np.maximum(gain, 0.0), np.maximum(-gain, 0.0)
        bet += GainTest("bet", 0.5).passes(before, after, sampling, level)
        naive += GainTest("sign").passes(before, after, Sampling(), level)
    return NullAccepts(bet / runs, naive / runs)


def _predict(
    loss: LossName, drawn: tuple[Floats, Floats, Sampling], units: int, practice_units: int, level: float
) -> tuple[float, GainTest]:
    """The predicted chance and the test, from practice rows of the group."""
    before, after, sampling = drawn
    z = sampling.unit_sums(before - after)
    moments = Moments(practice_units, float(z.sum()), float((z * z).sum()))
    test = choose_test(Loss(loss), sampling, moments)
    if test.name == "sign":
        return chance_of_sign_test(*count_changes(before, after), practice_units, units, level), test
    return chance_of_bet(moments, units, test.weight or 0.0, level), test


def _old_passes(before: Floats, after: Floats, rows: int, level: float, *, is_zero_one: bool) -> bool:
    """The test of 2026-11; rows outside the group, which do not change, count in Bernstein's mean and variance."""
    losses = [np.concatenate([each, np.zeros(rows - len(each))]) for each in (before, after)]
    return passes_test(*losses, is_zero_one=is_zero_one, log_inverse_delta=level)


def _draw(
    rng: Random, loss: LossName, weight: float, units: int, unit_rows: int
) -> tuple[Floats, Floats, Sampling]:
    """Losses of the group's rows before and after the patch, and their sampling: a unit lies in the group or not."""
    inside = int(rng.binomial(units, weight))
    before, after = draw_losses(loss, rng, inside, unit_rows)
    if unit_rows == 1:
        return before, after, Sampling()
    return before, after, Sampling(np.repeat(np.arange(inside), unit_rows), None, unit_rows)


def report_bets(runs: int, *, as_json: bool) -> None:
    """Report all figures: power by loss, weight, rows and rows a unit, old beside new, and the two nulls."""
    for loss in LOSSES:
        for unit_rows in UNIT_ROWS:
            for rows in ROWS:
                progress(f"{loss}, {rows:,} rows, units of {unit_rows}")
                for weight in WEIGHTS:
                    _report_power(loss, weight, rows, unit_rows, runs, as_json=as_json)
    for name, found in (
        ("a stratum of 4% drawn twice as often", oversampled_null(runs=2 * runs)),
        ("unit size and harm together", unit_size_null(runs=2 * runs)),
    ):
        figure = f"gain 0 on the table, {name}, level {DELTA}"
        report(f"{figure}, bet", found.bet, "share", f"<= {DELTA}", found.bet <= DELTA, as_json=as_json)
        report(f"{figure}, plain sign test", found.naive, "share", None, True, as_json=as_json)


def _report_power(
    loss: LossName, weight: float, rows: int, unit_rows: int, runs: int, *, as_json: bool
) -> None:
    found = bet_power(loss, weight, rows, unit_rows=unit_rows, runs=runs)
    name = f"{loss}, weight {weight:.2%}, {rows:,} certification rows, units of {unit_rows}, {LEVEL:g} nats"
    least = GOALS.get((loss, weight)) if (rows, unit_rows) == (20_000, 1) else None
    goal = None if least is None else f">= {least}"
    report(f"{name}, new", found.new, "share", goal, least is None or found.new >= least, as_json=as_json)
    report(f"{name}, predicted", found.predicted, "share", None, True, as_json=as_json)
    report(f"{name}, old", found.old, "share", None, True, as_json=as_json)


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--runs", type=int, default=200, help="blocks for each figure")
    options = parser.parse_args()
    report_bets(options.runs, as_json=options.json)


if __name__ == "__main__":
    main()
