"""False and true accepts of the ledger beside that of 2026-11 and other rules: `python -m benchmarks.ledger [--json]`.

About ten minutes on one slow core; `--quick` in about two, with few competitions: its figures are rough.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from benchmarks.bets import LOSSES, ROWS, WEIGHTS, NullAccepts, oversampled_null, unit_size_null
from benchmarks.coin_flips import ATTACKERS, attack
from benchmarks.effects import FALSE_ALARM
from benchmarks.figures import progress, report
from benchmarks.planted import GOOD, SUBMISSIONS, Power, judged, power
from benchmarks.planted_rows import Table, power_of_loss
from benchmarks.rules import DELTA, EXACT_LEDGER, LEDGER, OLD_LEDGER, RULES
from evaluator.losses import LossName

GOAL_ROWS = 20_000
UNIT_ROWS = 3
LEDGERS = (LEDGER, OLD_LEDGER)
COMPARED = tuple(rule for rule in RULES if rule != EXACT_LEDGER)  # it is measured where there is a goal alone
ZERO_ONE: LossName = "zero_one"
WORDS: dict[LossName, str] = {"zero_one": "0-1", "cost": f"cost 1:{FALSE_ALARM:g}"}
# (loss, weight) -> share of planted effects that the ledger is to accept at GOAL_ROWS, one row a unit
GOALS = {(ZERO_ONE, 0.02): 0.95, (ZERO_ONE, 0.01): 0.6, ("cost", 0.05): 0.9, ("squared", 0.05): 0.95}
# Patches that gain nothing on the table, on rows that tempt to say so.
NULLS: dict[str, Callable[..., NullAccepts]] = {
    "a group of 4% of it drawn twice as often": oversampled_null,
    "larger units harmed": unit_size_null,
}
# More runs with a false accept than this point of Bin(runs, delta) says that something is broken.
LIKELY = 0.99


@dataclass(frozen=True)
class Size:
    """How many competitions each figure is taken over."""

    attacked: int
    submissions: int  # of an attacked competition
    zero_one: int
    others: int  # other losses, and units of several rows
    goals: int
    judged: int


FULL = Size(attacked=200, submissions=200, zero_one=40, others=8, goals=200, judged=3)
QUICK = Size(attacked=50, submissions=60, zero_one=8, others=2, goals=8, judged=1)


@dataclass(frozen=True)
class Benchmark:
    """The figures, one after another."""

    size: Size
    as_json: bool

    def run(self) -> None:
        """Print them all."""
        for attacker in ATTACKERS:
            for rule in COMPARED:
                self._attack(attacker, rule)
        self._nulls()
        for rows in ROWS:
            for weight in WEIGHTS:
                self._power_of_all_rules(weight, rows)
        for loss in LOSSES:
            for rows in ROWS:
                for unit_rows in (UNIT_ROWS,) if loss == ZERO_ONE else (1, UNIT_ROWS):
                    self._power_of_loss(loss, rows, unit_rows)
        self._judged()

    def _attack(self, attacker: str, rule: str) -> None:
        runs, submissions = self.size.attacked, self.size.submissions
        progress(f"{attacker} against {rule}: {runs} runs of {submissions} submissions")
        started = time.perf_counter()
        ended = attack(attacker, rule, runs, submissions)
        spent = time.perf_counter() - started
        name = f"coin flips, {attacker}, {runs} runs of {submissions}, {rule}"
        goal, is_goal = self._most_false(runs), rule == LEDGER
        self._false_accepts(name, int((ended.accepts > 0).sum()), goal if is_goal else None)
        self._say(f"{name}: accepts a run", float(ended.accepts.mean()), "accepts")
        shown = float(ended.shown_error.mean())
        holds = not is_goal or abs(shown - 0.5) <= 0.01
        self._say(
            f"{name}: error shown, truth 0.5", shown, "share", "0.49 to 0.51" if is_goal else None, holds
        )
        if rule in LEDGERS:
            self._say(f"{name}: queries a run", float(ended.queries.mean()), "queries")
            self._say(f"{name}: time", spent, "s")

    def _nulls(self) -> None:
        runs = self.size.attacked
        for words, null in NULLS.items():
            progress(f"a patch that gains nothing on the table: {words}")
            ended = null(runs=runs)
            name = f"a patch of gain 0 on the table, {words}, {runs} queries at {DELTA:.0%}"
            self._false_accepts(f"{name}, bet", round(ended.bet * runs), self._most_false(runs))
            self._false_accepts(f"{name}, plain sign test", round(ended.naive * runs), None)

    def _power_of_all_rules(self, weight: float, rows: int) -> None:
        progress(f"planted effects of weight {weight:.2%}, {rows:,} rows")
        runs = self._runs(ZERO_ONE, weight, rows, 1, self.size.zero_one)
        has_goal = _goal(ZERO_ONE, weight, rows, 1) is not None
        for rule in (*COMPARED, EXACT_LEDGER) if has_goal else COMPARED:
            self._power(ZERO_ONE, weight, rows, 1, runs, rule, power(rule, weight, rows, runs))

    def _power_of_loss(self, loss: LossName, rows: int, unit_rows: int) -> None:
        progress(f"planted effects in {loss} losses, {rows:,} rows in units of {unit_rows}")
        for weight in WEIGHTS:
            runs = self._runs(loss, weight, rows, unit_rows, self.size.others)
            for rule in LEDGERS:
                found = power_of_loss(rule, Table.with_rows(loss, rows, unit_rows), weight, runs)
                self._power(loss, weight, rows, unit_rows, runs, rule, found)

    def _power(
        self, loss: LossName, weight: float, rows: int, unit_rows: int, runs: int, rule: str, found: Power
    ) -> None:
        units = "" if unit_rows == 1 else f" in units of {unit_rows}"
        words = WORDS.get(loss, loss)
        name = (
            f"{GOOD} of {SUBMISSIONS} planted, loss {words}, weight {weight:.2%}, {rows:,} certification rows{units}, "
            f"{runs} runs, {rule}"
        )
        least = _goal(loss, weight, rows, unit_rows) if rule == LEDGER else None
        goal = None if least is None else f">= {least}"
        self._say(
            f"{name}: planted accepted", found.found, "share", goal, least is None or found.found >= least
        )
        self._say(f"{name}: accepts of no effect", found.false_accepts, "a run")

    def _judged(self) -> None:
        runs, weight = self.size.judged, 0.02
        for rule in LEDGERS:
            progress(f"planted effects, with rows and whole verdicts of the {rule}")
            ended = [judged(weight, GOAL_ROWS, SUBMISSIONS, GOOD, seed, rule) for seed in range(runs)]
            name = f"weight {weight:.2%}, {GOAL_ROWS:,} rows, {runs} runs of whole verdicts, {rule}"
            found = float(np.mean([share for share, _ in ended]))
            least = _goal(ZERO_ONE, weight, GOAL_ROWS, 1) if rule == LEDGER else None
            goal = None if least is None else f">= {least}"
            self._say(f"{name}: planted accepted", found, "share", goal, least is None or found >= least)
            false = float(np.mean([each for _, each in ended]))
            self._say(f"{name}: accepts of no effect", false, "a run")

    def _runs(self, loss: LossName, weight: float, rows: int, unit_rows: int, usual: int) -> int:
        """More where there is a goal, of which the row-by-row losses take fewer."""
        if _goal(loss, weight, rows, unit_rows) is None:
            return usual
        return self.size.goals if loss == ZERO_ONE else max(usual, self.size.goals // 4)

    def _most_false(self, runs: int) -> int:
        return int(binom.ppf(LIKELY, runs, DELTA))

    def _false_accepts(self, name: str, false: int, most: int | None) -> None:
        goal = None if most is None else f"<= {most}, the {LIKELY:.0%} point at {DELTA:.0%} a run"
        self._say(f"{name}: runs with a false accept", false, "runs", goal, most is None or false <= most)

    def _say(self, figure: str, value: float, unit: str, goal: str | None = None, holds: bool = True) -> None:
        report(figure, float(value), unit, goal, holds, as_json=self.as_json)


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument(
        "--quick", action="store_true", help="few competitions: rough figures in about two minutes"
    )
    options = parser.parse_args()
    Benchmark(QUICK if options.quick else FULL, options.json).run()


def _goal(loss: LossName, weight: float, rows: int, unit_rows: int) -> float | None:
    return GOALS.get((loss, weight)) if (rows, unit_rows) == (GOAL_ROWS, 1) else None


if __name__ == "__main__":
    main()
