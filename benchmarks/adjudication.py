"""Speed of verdicts as a list grows: `python -m benchmarks.adjudication [--json] [--quick | --full]`.

Every submission's patch is weighed on practice rows; one that gains is accepted with the repairs that it needs. Where
another engine lies near the checkout (decision_list/engine.py, or --beside FILE), it is given the same submissions in
the same process, in turns; it may repair to other versions, so times are compared, not decisions.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import progress, report
from benchmarks.submissions import World
from evaluator.decision_list import Engine, Step

STAGES = (20, 100, 300, 1000)
# Rows: the last stage, and how long a stream of submissions is drawn, of which it takes a tenth or so to get there.
QUICK = {10_000: (100, 1_500), 100_000: (100, 1_500)}
DEFAULT = {10_000: (1000, 60_000), 100_000: (1000, 20_000), 1_000_000: (300, 6_000)}
FULL = dict.fromkeys(DEFAULT, (1000, 60_000))
REPLAYED, REPLAYED_ROWS = 4_000, 100_000
CHUNK = 200
NEAR = "*/*/decision_list/engine.py"

Submit = Callable[[Step, NDArray[Any]], bool]
Timed = tuple[float, bool]  # seconds, accepted


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--full", action="store_true", help="every size, for as long as it takes")
    parser.add_argument("--seconds", type=float, default=45, help="at most so long a size (not with --full)")
    parser.add_argument("--beside", type=Path, default=_near(), help="another engine.py, measured in turns")
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL if options.full else DEFAULT
    for rows, (most, length) in sizes.items():
        seconds = float("inf") if options.full else options.seconds
        Race(rows, options.beside, as_json=options.json).run(most, length, seconds)
    replay(400 if options.quick else REPLAYED, as_json=options.json)


class Race:
    """A race of adjudication engines in turns, on one table and one stream of submissions."""

    def __init__(self, rows: int, beside: Path | None, *, as_json: bool) -> None:
        progress(f"{rows:,} rows" + (", beside another engine" if beside else ""))
        self._rows, self._as_json = rows, as_json
        self._world = World(rows)
        self._engine = Engine(self._world.base, self._world.practice)
        self._engines = [_submit_to(self._engine)]
        if beside:
            self._engines.append(_submit_to_other(_load(beside).Engine(self._world.y, self._world.base)))
        self._times: list[list[Timed]] = []

    def run(self, most: int, length: int, seconds: float) -> None:
        """Report at every stage, until the last one, the end of the stream or of the time."""
        started, reached = time.perf_counter(), 0
        for number, step in enumerate(self._world.submissions(length), start=1):
            self._times.append(self._adjudicate(step, backwards=number % 2 == 0))
            if self._engine.version > reached and self._engine.version in STAGES:
                reached = self._engine.version
                self._report(reached)
            if reached >= most or time.perf_counter() - started > seconds:
                break
        progress(f"  {self._engine.version} of {number:,} accepted in {time.perf_counter() - started:.0f} s")
        if reached < most:
            progress(f"  {most} were not reached before the stream or the time ended")

    def _adjudicate(self, step: Step, *, backwards: bool) -> list[Timed]:
        answers = step.predictions[step.mask]  # as the other engine takes them; not part of anybody's time
        order = self._engines[::-1] if backwards else self._engines
        times = [_timed(submit, step, answers) for submit in order]
        return times[::-1] if backwards else times

    def _report(self, stage: int) -> None:
        place = f"{self._rows} rows, {stage} accepted"
        repairs = sum(len(added) - 1 for added in self._engine.added[1:])
        self._figure(f"{place}: repairs an accept", repairs / stage, "", None)
        for accepted, name in ((True, "accept"), (False, "reject")):
            alike = [t for t in self._times if all(timed[1] == accepted for timed in t)]
            times = np.array([[timed[0] for timed in t] for t in alike]).reshape(len(alike), -1)
            if not len(times):
                continue
            recent = np.median(times[-100:], axis=0) * 1000
            self._figure(f"{place}: {name}, median", recent[0], "ms", None)
            if times.shape[1] > 1:
                self._figure(f"{place}: {name}, median beside", recent[1], "ms", None)
                ratio = float(np.median(times[-100:, 0] / times[-100:, 1]))
                self._figure(f"{place}: {name}, ratio in median", ratio, "", 1.1)
                self._figure(f"{place}: {name}, ratio of all", *_in_all(times), None)
        if len(self._engines) > 1:
            both = np.array([[timed[0] for timed in t] for t in self._times])
            self._figure(
                f"{place}: submission, ratio in median", float(np.median(both[:, 0] / both[:, 1])), "", 1.1
            )
            self._figure(f"{place}: submission, ratio of all", *_in_all(both), None)

    def _figure(self, figure: str, value: float, unit: str, most: float | None) -> None:
        goal = None if most is None else f"<= {most}"
        report(figure, float(value), unit, goal, most is None or value <= most, as_json=self._as_json)


def replay(submissions: int, *, as_json: bool) -> None:
    """Adjudicate stored submissions again, from arrays in memory; drawing them is not part of the time."""
    progress(f"replay of {submissions:,} submissions at {REPLAYED_ROWS:,} rows")
    world = World(REPLAYED_ROWS)
    engine = Engine(world.base, world.practice)
    submit = _submit_to(engine)
    seconds, stored = 0.0, []
    for number, step in enumerate(world.submissions(submissions), start=1):
        stored.append(step)
        if len(stored) == CHUNK or number == submissions:
            started = time.perf_counter()
            for one in stored:
                submit(one, one.predictions)
            seconds += time.perf_counter() - started
            stored.clear()
    report("replay", seconds, "s", "<= 10", seconds <= 10, as_json=as_json)
    report("replay: accepted", engine.version, "", None, True, as_json=as_json)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report("peak memory of everything", peak, "MB", None, True, as_json=as_json)


def _submit_to(engine: Engine) -> Submit:
    def submit(step: Step, _answers: NDArray[Any]) -> bool:
        if engine.gain(step) <= 0:
            return False
        engine.accept(engine.propose(step))
        return True

    return submit


def _submit_to_other(engine: Any) -> Submit:
    return lambda step, answers: bool(engine.submit(step.mask, answers))


def _timed(submit: Submit, step: Step, answers: NDArray[Any]) -> Timed:
    started = time.perf_counter()
    accepted = submit(step, answers)
    return time.perf_counter() - started, accepted


def _in_all(times: NDArray[np.float64]) -> tuple[float, str]:
    ours, other = times.sum(axis=0)
    return float(ours / other), ""


def _near() -> Path | None:
    return next(iter(sorted(Path(__file__).resolve().parents[2].glob(NEAR))), None)


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("engine_beside", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no Python module.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
