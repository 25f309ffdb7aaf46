"""False and true accepts of the ledger beside other rules: `python -m benchmarks.ledger [--json] [--runs N] ...`."""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import binom

from benchmarks.coin_flips import ATTACKERS, attack
from benchmarks.figures import progress, report
from benchmarks.planted import GAP, GOOD, SUBMISSIONS, judged, power
from benchmarks.rules import DELTA, RULES

WEIGHTS = (0.005, 0.01, 0.02)
ROWS = (5_000, 20_000, 100_000)
GOAL_WEIGHT, GOAL_ROWS, GOAL_FOUND = 0.02, 20_000, 0.8
MOST_FALSE, OF_RUNS = 4, 200
SURPRISING = 0.01


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--runs", type=int, default=200, help="competitions for each attacker and rule")
    parser.add_argument(
        "--submissions", type=int, default=400, help="a competition, where labels are coin flips"
    )
    parser.add_argument(
        "--judged", type=int, default=3, help="competitions with real rows and whole verdicts"
    )
    options = parser.parse_args()
    for attacker in ATTACKERS:
        for rule in RULES:
            _attack(attacker, rule, options)
    for rows in ROWS:
        for weight in WEIGHTS:
            _power(weight, rows, options)
    _judged(options)


def _attack(attacker: str, rule: str, options: argparse.Namespace) -> None:
    runs, submissions = options.runs, options.submissions
    progress(f"{attacker} against {rule}: {runs} runs of {submissions} submissions")
    started = time.perf_counter()
    ended = attack(attacker, rule, runs, submissions)
    spent = time.perf_counter() - started
    name = f"coin flips, {attacker}, {runs} runs of {submissions}, {rule}"
    false = int((ended.accepts > 0).sum())
    goal, holds = (None, True) if rule != "ledger" else _few(false, runs)
    report(f"{name}: runs with a false accept", false, "runs", goal, holds, as_json=options.json)
    report(f"{name}: accepts a run", float(ended.accepts.mean()), "accepts", None, True, as_json=options.json)
    shown = float(ended.shown_error.mean())
    goal, holds = (None, True) if rule != "ledger" else ("0.49 to 0.51", abs(shown - 0.5) <= 0.01)
    report(f"{name}: error shown, truth 0.5", shown, "share", goal, holds, as_json=options.json)
    if rule == "ledger":
        report(
            f"{name}: queries a run", float(ended.queries.mean()), "queries", None, True, as_json=options.json
        )
        report(f"{name}: time", spent, "s", None, True, as_json=options.json)


def _few(false: int, runs: int) -> tuple[str, bool]:
    """At most 4 of 200; of other numbers of runs no more than delta makes likely."""
    if runs == OF_RUNS:
        return f"<= {MOST_FALSE} of {OF_RUNS}", false <= MOST_FALSE
    return f"no surprise at {DELTA:.0%} a run", bool(binom.sf(false - 1, runs, DELTA) > SURPRISING)


def _power(weight: float, rows: int, options: argparse.Namespace) -> None:
    progress(f"planted effects of weight {weight:.1%}, {rows:,} rows")
    for rule in RULES:
        result = power(rule, weight, rows, options.runs)
        name = (
            f"{GOOD} of {SUBMISSIONS} planted, gap {GAP}, weight {weight:.1%}, {rows:,} certification rows, "
            f"{options.runs} runs, {rule}"
        )
        is_goal = rule == "ledger" and (weight, rows) == (GOAL_WEIGHT, GOAL_ROWS)
        goal = f">= {GOAL_FOUND}" if is_goal else None
        holds = not is_goal or result.found >= GOAL_FOUND
        report(f"{name}: planted accepted", result.found, "share", goal, holds, as_json=options.json)
        false = result.false_accepts
        report(f"{name}: accepts of no effect", false, "a run", None, True, as_json=options.json)


def _judged(options: argparse.Namespace) -> None:
    if options.judged < 1:
        return
    progress("planted effects, with rows and whole verdicts")
    runs = [judged(GOAL_WEIGHT, GOAL_ROWS, SUBMISSIONS, GOOD, seed) for seed in range(options.judged)]
    name = f"weight {GOAL_WEIGHT:.1%}, {GOAL_ROWS:,} rows, {options.judged} runs of whole verdicts"
    found = float(np.mean([share for share, _ in runs]))
    report(
        f"{name}: planted accepted",
        found,
        "share",
        f">= {GOAL_FOUND}",
        found >= GOAL_FOUND,
        as_json=options.json,
    )
    false = float(np.mean([false for _, false in runs]))
    report(f"{name}: accepts of no effect", false, "accepts a run", None, True, as_json=options.json)


if __name__ == "__main__":
    main()
