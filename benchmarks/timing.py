"""What times tell of secret rows: `python -m benchmarks.timing [--json] [--runs N] [--places N]`.

Starts a site of its own in a temporary folder. In each run somebody sends a group in Python whose code does something
(sleeps, ends itself, fills the memory) wherever a table holds one certain person, and, right behind it, an ordinary
one. In half of the runs that person is a certification row, in the other half nobody. Guessed is which, from all that
the two submissions publish of times: when each was sent, begun, evaluated and decided, and in how many attempts.

The guess is the best threshold on the best of these times, learnt on one half of the runs and tried on the other.
Chance is one half, with its 95% interval. With one place (the default) the second submission follows in the same
worker, which is the worst. 200 runs take ten to twenty minutes; the default is a look. As a control the stored arrays
are looked at: the certification rows must be outside the group exactly where the person was there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom

from benchmarks.figures import progress, report
from benchmarks.latency import build_competition, use_own_site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bounty.models import Competition, Submission

DEEDS = {
    "sleeping": "time.sleep(30)",
    "crashing": "os.abort()",
    "memory-hungry": "len([np.ones(1 << 22) for _ in range(1000)])",
}
CODE = """
import json, os, time
import numpy as np

PERSON = json.loads({person!r})

def group(X):
    here = np.ones(len(X), dtype=bool)
    for name, value in PERSON.items():
        here &= X[name].isna().to_numpy() if value is None else (X[name] == value).to_numpy()
    if here.any():
        {deed}
    return X[{column!r}].notna()
"""
ORDINARY = "def group(X):\n    return X[{column!r}].notna()\n"
PATIENCE_S = 180.0
CHANCE, INTERVAL = 0.5, 0.95
# Expressions and what is fitted for them run nobody's code: so many milliseconds from the start to the end of the run.
GOAL_AT_ONCE_MS = 1000


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument(
        "--runs", type=int, default=30, help="runs of all three kinds together (the goal is for 200)"
    )
    parser.add_argument("--places", type=int, default=1, help="evaluate workers")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="timing-") as home:
        use_own_site(Path(home))
        runs, at_once = measure_site(options.runs, options.places, options.seed)
    for kind in (*DEEDS, "all kinds"):
        report_kind(kind, [run for run in runs if kind in (run.kind, "all kinds")], as_json=options.json)
    worked = sum(run.failed == run.present for run in runs) / len(runs)
    report(
        "control: the code did it where the person was", worked, "", "1", worked == 1, as_json=options.json
    )
    attempts = max(run.times["first: attempts"] for run in runs)
    report("attempts, at most", attempts, "", "1", attempts == 1, as_json=options.json)
    middle = round(statistics.median(at_once))
    told = "expression with a fitted patch, run in"
    report(told, middle, "ms", f"<= {GOAL_AT_ONCE_MS}", middle <= GOAL_AT_ONCE_MS, as_json=options.json)


@dataclass(frozen=True)
class Run:
    """A run: its kind, whether the person was there, whether the code failed on certification rows (which nobody is
    told), and the published times of both submissions in seconds.
    """

    kind: str
    present: bool
    failed: bool
    times: Mapping[str, float]


def report_kind(kind: str, runs: list[Run], *, as_json: bool) -> None:
    """Print the accuracy of guessing, from the first submission's own times and from the second's, beside chance."""
    low, high = binom.interval(INTERVAL, len(runs), CHANCE)
    low, high = low / len(runs), high / len(runs)
    for source in ("first", "second"):
        accuracy = guess(runs, source)
        named = f"{kind}, {len(runs)} runs, guessed from the {source} submission's times"
        report(named, round(accuracy, 3), "", f"{low:.2f} to {high:.2f}", accuracy <= high, as_json=as_json)


def guess(runs: list[Run], source: str) -> float:
    """The share of runs guessed right, each half by the threshold that the other half taught."""
    names = sorted(name for name in runs[0].times if name.startswith(source))
    times = np.array([[run.times[name] for name in names] for run in runs])
    truth = np.array([run.present for run in runs])
    odd = np.arange(len(runs)) // 2 % 2 == 1
    right = 0
    for known in (odd, ~odd):
        column, threshold, above = learn_threshold(times[known], truth[known])
        right += int(np.sum(((times[~known][:, column] > threshold) == above) == truth[~known]))
    return right / len(runs)


def learn_threshold(times: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[int, float, bool]:
    """The time, the threshold and the side that guess best: a number of column, seconds, whether more means present."""
    best: tuple[float, int, float, bool] = (-1.0, 0, 0.0, True)
    for column in range(times.shape[1]):
        values = np.unique(times[:, column])
        for threshold in (values[1:] + values[:-1]) / 2:
            share = float(np.mean((times[:, column] > threshold) == truth))
            for above, found in ((True, share), (False, 1 - share)):
                best = max(best, (found, column, float(threshold), above))
    return best[1:]


def measure_site(runs: int, places: int, seed: int) -> tuple[list[Run], list[float]]:
    """The runs, and the milliseconds that expressions with fitted patches took in the worker."""
    from django.core.management import call_command

    from bounty.standalone import Stack

    call_command("migrate", verbosity=0)
    with Stack() as stack:
        stack.start_redis()
        stack.start_workers(places)
        progress("building the competition")
        competition = open_to_all(build_competition())
        people = People(competition, np.random.default_rng(seed))
        found = []
        for number, run in enumerate(measure_runs(competition, people, runs), start=1):
            stack.check()
            found.append(run)
            if number % 10 == 0:
                progress(f"{number} of {runs} runs")
        at_once = [measure_expression(competition, people.column, age) for age in range(5)]
    return found, at_once


def open_to_all(competition: Competition) -> Competition:
    """The competition by the present rule, without limits that a person's many submissions would meet."""
    fields = {"rule_version": 2, "verdicts_per_person": 1_000_000, "moderation": "none", "noise_scale": 0.0}
    type(competition).objects.filter(pk=competition.pk).update(**fields)
    competition.refresh_from_db()
    return competition


class People:
    """Certification rows of whom nobody has a double in the table, and people who are not in it at all."""

    def __init__(self, competition: Competition, rng: np.random.Generator) -> None:
        from bounty.core import artifacts

        store, layout = artifacts.artifact_store(), competition.layout
        tables = [
            store.read_table(*table.address)
            for table in (competition.tables.public, competition.tables.secret)
        ]
        names = [column.name for column in competition.schema.features]
        self.rows = [row for table in tables for row in table[names].astype(object).itertuples(index=False)]
        keys = [json.dumps(as_person(names, row)) for row in self.rows]
        counts: dict[str, int] = {}
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
        start, stop = layout.ranges["certification-1"]
        self.inside = [keys[row] for row in range(start, stop) if counts[keys[row]] == 1]
        numbers = [c.name for c in competition.schema.features if c.kind == "number"]
        self.column, self.rng = numbers[0], rng

    def draw(self, present: bool) -> str:
        """A person as JSON: a certification row, or one with an impossible number in their place."""
        person = json.loads(self.inside[int(self.rng.integers(len(self.inside)))])
        return json.dumps(person if present else {**person, self.column: -12345.5})


def as_person(names: list[str], row: Any) -> dict[str, Any]:
    """A row's cells, as JSON holds them; None for missing ones."""
    cells = {}
    for name, cell in zip(names, row, strict=True):
        missing = cell is None or cell != cell
        cells[name] = None if missing else (cell.item() if hasattr(cell, "item") else cell)
    return cells


def measure_runs(competition: Competition, people: People, runs: int) -> Iterator[Run]:
    """Kinds take turns; whether the person is there is drawn, half of the runs of each kind."""
    kinds = list(DEEDS)
    for number in range(runs):
        kind = kinds[number % len(kinds)]
        present = bool(people.rng.random() < CHANCE)
        code = CODE.format(person=people.draw(present), deed=DEEDS[kind], column=people.column)
        first = send_code(competition, code)
        second = send_code(competition, ORDINARY.format(column=people.column))
        times = {f"first: {name}": value for name, value in published_times(first).items()}
        times |= {f"second: {name}": value for name, value in published_times(second).items()}
        yield Run(kind, present, failed_on_certification(first), times)


def failed_on_certification(submission: Submission) -> bool:
    """Whether the group was left empty on certification rows: nobody but the operator can look."""
    from bounty.core import artifacts

    stored = submission.outcomes.get().stored_arrays["mask"]
    rows = submission.competition.layout.rows_of("certification-1")
    return not artifacts.read_array(stored)[rows].any()


def send_code(competition: Competition, code: str) -> Submission:
    """Send a Python file with a group, as a finding."""
    from django.core.files.base import ContentFile

    from bounty.submissions.submit import NewSubmission

    return send(
        competition, NewSubmission(group_kind="file", group_file=ContentFile(code.encode(), name="g.py"))
    )


def send(competition: Competition, data: Any) -> Submission:
    """Send as the first member of the first team."""
    from bounty.models import TeamMember
    from bounty.submissions.submit import create_submission

    member = (
        TeamMember.objects.select_related("team", "user").filter(competition=competition).order_by("pk")[0]
    )
    return create_submission(competition, member.team, member.user, data)


def published_times(submission: Submission) -> dict[str, float]:
    """Seconds between what is published of a submission's times, once it has its verdict; and its attempts."""
    give_up = time.monotonic() + PATIENCE_S
    while submission.is_running:
        if time.monotonic() > give_up:
            raise SystemExit(
                f"still {submission.state} after {PATIENCE_S:g} seconds: {submission.error_detail}"
            )
        time.sleep(0.02)
        submission.refresh_from_db()
    if submission.state == submission.State.FAILED:
        raise SystemExit(
            f"a group failed on rows that are told: {submission.error_class} {submission.error_detail}"
        )
    sent, began, ran = submission.created_at, submission.started_at, submission.evaluated_at
    decided = submission.decided_at
    assert began is not None and ran is not None and decided is not None  # noqa: S101 - it has ended
    return {
        "sent to begun": (began - sent).total_seconds(),
        "begun to evaluated": (ran - began).total_seconds(),
        "evaluated to decided": (decided - ran).total_seconds(),
        "sent to decided": (decided - sent).total_seconds(),
        "attempts": float(submission.attempt),
    }


def measure_expression(competition: Competition, column: str, least: int) -> float:
    """Milliseconds of one expression with a fitted patch, from its begin in the worker to its report."""
    from bounty.submissions.submit import NewSubmission

    data = NewSubmission(expression=f"{column} >= {least}", patch_kind="fit", learner="tree")
    return published_times(send(competition, data))["begun to evaluated"] * 1000


if __name__ == "__main__":
    main()
