"""False and true accepts of the ledger: `python -m benchmarks.ledger [--json] [--runs N] [--submissions N]`."""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import binom

from benchmarks.coin_flips import ATTACKERS, naive_run, planted_run, run
from benchmarks.figures import progress, report

DELTA = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--submissions", type=int, default=400)
    options = parser.parse_args()
    for name in ATTACKERS:
        _attack(name, options)
    _naive(options)
    _planted(options)


def _attack(name: str, options: argparse.Namespace) -> None:
    progress(f"{name}: {options.runs} runs of {options.submissions} submissions")
    started = time.perf_counter()
    runs = [run(ATTACKERS[name], options.submissions, seed) for seed in range(options.runs)]
    spent = time.perf_counter() - started
    false = sum(bool(r.false_accepts) for r in runs)
    # Missed only where so many would be surprising if the promise held.
    holds = bool(binom.sf(false - 1, options.runs, DELTA) > 0.01)
    shown = float(np.mean([r.shown_error for r in runs]))
    queries = float(np.mean([r.queries for r in runs]))
    report(
        f"{name}: runs with a false accept",
        false / options.runs,
        "share",
        f"<= {DELTA}",
        holds,
        as_json=options.json,
    )
    report(
        f"{name}: error shown, truth 0.5",
        shown,
        "share",
        "0.49 to 0.51",
        abs(shown - 0.5) <= 0.01,
        as_json=options.json,
    )
    report(f"{name}: queries a run", queries, "queries", None, True, as_json=options.json)
    milliseconds = 1000 * spent / (options.runs * options.submissions)
    report(f"{name}: a verdict", milliseconds, "ms", "<= 10", milliseconds <= 10, as_json=options.json)


def _naive(options: argparse.Namespace) -> None:
    progress("the rule that the ledger replaces")
    runs = [naive_run(options.submissions, seed) for seed in range(options.runs)]
    accepted = float(np.mean([r.false_accepts for r in runs]))
    shown = float(np.mean([r.shown_error for r in runs]))
    report("any improvement: false accepts a run", accepted, "accepts", None, True, as_json=options.json)
    report("any improvement: error shown, truth 0.5", shown, "share", None, True, as_json=options.json)


def _planted(options: argparse.Namespace) -> None:
    progress("true effects")
    found = float(np.mean([planted_run(seed) for seed in range(5 * options.runs)]))
    report(
        "planted effect of 6 points: accepted", found, "share", ">= 0.95", found >= 0.95, as_json=options.json
    )


if __name__ == "__main__":
    main()
