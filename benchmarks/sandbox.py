"""Cost of a jailed job: `python -m benchmarks.sandbox [--json]`.

With --json one line a figure, {"figure", "value", "unit", "goal", "holds"}; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import Job, Policy, Sandbox, SealedTable

ROWS, COLUMNS, REPEATS = 100_000, 20, 40
SOURCE = b"def group(X): return (X['c0'] > 0) & (X['c1'] < 1)"
JOB = Job("python", SOURCE, "group", OutputSpec("mask"))


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its goal."""

    figure: str
    value: float
    unit: str
    goal: float | None = None  # at most

    def line(self) -> dict[str, object]:
        """The JSON line of the figure."""
        return {**asdict(self), "holds": self.goal is None or self.value <= self.goal}


def time_calls(work: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """The median and the 95th percentile of `repeats` calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), float(np.quantile(times, 0.95))


def draw_table() -> tuple[pd.DataFrame, TableSpec]:
    """A random table of features, and its spec."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(ROWS, COLUMNS)), columns=[f"c{i}" for i in range(COLUMNS)])
    return frame, TableSpec(tuple(ColumnSpec(name, "number") for name in frame.columns))


def run_once(sandbox: Sandbox, sealed: SealedTable, *, checked: bool = False) -> None:
    """Run the benchmark's job. Raises SystemExit where it fails."""
    result = (sandbox.run_checked if checked else sandbox.run)(JOB, sealed)
    if not result.ok:
        raise SystemExit(f"the benchmark's own job ended as {result.status}")


def measure_figures() -> Iterator[Figure]:
    """The figures, one after the other."""
    frame, spec = draw_table()
    start = time.perf_counter()
    with Sandbox(Policy(jobs_per_zygote=10_000)) as sandbox:
        yield Figure("jail started, all libraries imported", time.perf_counter() - start, "s", 10.0)
        median, _ = time_calls(lambda: sandbox.seal(frame, spec).close(), 10)
        yield Figure(f"features sealed, {ROWS} x {COLUMNS}", median, "ms", 100.0)
        sealed = sandbox.seal(frame, spec)
        run_once(sandbox, sealed)
        median, slow = time_calls(lambda: run_once(sandbox, sealed))
        yield Figure("job, median", median, "ms", 60.0)
        yield Figure("job, 95th percentile", slow, "ms", 150.0)
        run_once(sandbox, sealed, checked=True)
        median, slow = time_calls(lambda: run_once(sandbox, sealed, checked=True))
        yield Figure("job checked for row independence, median", median, "ms", 120.0)
        yield Figure("job checked for row independence, 95th percentile", slow, "ms", 300.0)
        rows = np.flatnonzero(frame["c0"] > 0)
        median, _ = time_calls(lambda: sandbox.run(JOB, sealed, rows=rows))
        yield Figure("job on half of the rows, median", median, "ms", 120.0)
        sealed.close()
    mask = frame["c0"] > 0
    median, _ = time_calls(lambda: mask & (frame["c1"] < 1))
    yield Figure("the same in this process, median", median, "ms")
    start = time.perf_counter()
    lost = interrupted()
    yield Figure(
        "an endless job of 1 s, until the jail is ready again", time.perf_counter() - start - lost, "s", 10.0
    )


def interrupted() -> float:
    """Runs an endless job and then an honest one; returns the seconds spent outside of them."""
    frame, spec = draw_table()
    start = time.perf_counter()
    sandbox = Sandbox(Policy(cpu_s=1, wall_s=2.0))
    sandbox.start()
    sealed = sandbox.seal(frame, spec)
    outside = time.perf_counter() - start
    sandbox.run(Job("python", b"while True: pass", "group", OutputSpec("mask")), sealed)
    run_once(sandbox, sealed)
    sandbox.close()
    sealed.close()
    return outside


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    as_json = parser.parse_args().json
    print(f"{ROWS} rows, {COLUMNS} columns, {REPEATS} runs a figure", file=sys.stderr)
    holds = True
    for figure in measure_figures():
        line = figure.line()
        holds = holds and bool(line["holds"])
        if as_json:
            print(json.dumps(line), flush=True)
        else:
            goal = (
                ""
                if figure.goal is None
                else f"  (at most {figure.goal:g}: {'yes' if line['holds'] else 'NO'})"
            )
            print(f"{figure.figure:<55} {figure.value:>9.2f} {figure.unit}{goal}", flush=True)
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
