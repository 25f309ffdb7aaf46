"""Speed of rebuilding whole lists: `python -m benchmarks.rebuild [--json] [--submissions N] [--rows N]`.

Seeds a competition of N submissions as the site's own verdicts would have left it (benchmarks/seeding.py), in a folder
and a database of its own, and then times what replays it: verifying, disqualifying, rolling back, correcting the table.
That the seed is what verdicts write is what verifying finds out first. Beside the seconds stand those of a processor,
for a busy machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.figures import report
from benchmarks.latency import use_own_site
from benchmarks.submissions import World

if TYPE_CHECKING:
    from bounty.models import Competition, Submission

TEAMS = 40
# Most rows certify, so that a hundred and more entries are accepted.
SHARES = {
    "train": 0.05,
    "explore": 0.05,
    "practice": 0.25,
    "certification-1": 0.45,
    "certification-2": 0.1,
    "final": 0.1,
}
GOAL_SECONDS = 10.0
GOAL_VERIFY_SECONDS = 60.0


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--submissions", type=int, default=4000)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rebuild-") as home:
        use_own_site(Path(home))
        competition = build_site(options.rows, options.submissions)
        measure_rebuild(competition, as_json=options.json)


def build_site(rows: int, submissions: int) -> Competition:
    """A competition with a long list, in an empty database."""
    from django.core.management import call_command

    from benchmarks.seeding import Seeding

    call_command("migrate", verbosity=0)
    world = World(rows)
    competition, teams = build_competition(world)
    # What waits for a disk is not what is measured here.
    with patch.object(os, "fsync"):
        Seeding(competition, teams).play(world, submissions)
    return competition


def build_competition(world: World) -> tuple[Competition, list[Any]]:
    """A competition of that world's rows, as `create_competition` leaves it, without a table that anybody reads."""
    from django.contrib.auth.models import User

    from bounty.core import artifacts
    from bounty.hash_chain import log
    from bounty.models import CertificationBlock, Competition, Team
    from bounty.shared_model import arrays, publish
    from evaluator import artifacts as paths
    from evaluator.losses import Loss
    from evaluator.schema import Column, Label, Schema
    from evaluator.splits import Layout

    rows, ranges, start = len(world.y), {}, 0
    for split, share in SHARES.items():
        ranges[split] = (start, start + round(share * rows))
        start = ranges[split][1]
    layout = Layout(ranges, ranges["explore"][1], start)
    competition = Competition(slug="rebuild", title="Rebuild", status=Competition.Status.OPEN)
    competition.organiser = User.objects.create_user("alice")
    key, store = str(competition.key), artifacts.artifact_store()
    frame = pd.DataFrame({"a": np.arange(rows, dtype=float)})
    public = frame.iloc[: layout.public].assign(y=world.y[: layout.public])
    competition.schema_json = Schema((Column("a", "number"),), Label("y", "binary", classes=(0, 1))).to_json()
    competition.loss_json, competition.layout_json = Loss("zero_one").to_json(), layout.to_json()
    competition.queries_per_team, competition.target_gain = 100_000, 0.02
    competition.tables_json = {
        "public": store.write_table(paths.public_table(key), public).to_json(),
        "secret": store.write_table(paths.secret_table(key), frame.iloc[layout.public :]).to_json(),
        "labels": {
            split: store.write_array(paths.labels(key, split), world.y[layout.rows_of(split)]).to_json()
            for split in ranges
        },
    }
    competition.save()
    states = CertificationBlock.State
    for number in (1, 2):
        held = layout.rows_of(f"certification-{number}")
        CertificationBlock.objects.create(
            competition=competition,
            number=number,
            rows=held.stop - held.start,
            state=states.OPEN if number == 1 else states.WAITING,
        )
    publish.publish_version(
        competition, None, (), world.base, arrays.load_declared_groups(competition), number=0, generation=1
    )
    log.start_chain(competition)
    teams = [
        Team.objects.create(competition=competition, name=f"Team {n}", slug=f"team-{n}") for n in range(TEAMS)
    ]
    return competition, teams


def measure_rebuild(competition: Competition, *, as_json: bool) -> None:
    """Print the times of a rollback, a replay, a correction and a verification."""
    from django.urls import get_resolver

    from bounty import corrections, verification
    from bounty.adjudication import disqualify, replay, rollback
    from bounty.corrections import Correction

    def now() -> Competition:
        return type(competition).objects.get(pk=competition.pk)

    by, practice = competition.organiser, competition.layout.ranges["practice"][0]
    sent, accepted = competition.submissions.count(), now().head().number
    report("submissions", sent, "", None, True, as_json=as_json)
    report("accepted entries", accepted, "", None, True, as_json=as_json)

    def first() -> Submission:
        present = now()
        return replay.submission_of(replay.current_versions(present)[1])

    steps: list[tuple[str, Callable[[], Any], float]] = [
        ("verify", lambda: verification.verify_competition(now()), GOAL_VERIFY_SECONDS),
        (
            "disqualify the first entry",
            lambda: disqualify.disqualify_submission(first(), "copied", by),
            GOAL_SECONDS,
        ),
        (
            "correct: 100 labels mended, 100 rows withdrawn, 100 deleted",
            lambda: corrections.correct_table(now(), _correction(now(), practice), "wrong", by),
            GOAL_SECONDS,
        ),
        (
            "roll back by a tenth",
            lambda: rollback.roll_back_model(now(), max(0, now().head().number * 9 // 10), "wrong", by),
            GOAL_SECONDS,
        ),
        ("verify after all that", lambda: verification.verify_competition(now()), GOAL_VERIFY_SECONDS),
    ]

    def _correction(present: Competition, start: int) -> Correction:
        from bounty.core import artifacts

        y = artifacts.read_labels(present, "practice")[:100]
        block = present.layout.ranges["certification-1"][0]
        return Correction(
            {start + 1 + row: int(1 - y[row]) for row in range(100)},
            withdrawn=range(block + 1, block + 101),
            deleted=range(1, 101),
        )

    get_resolver().url_patterns  # noqa: B018 - a site's process has them; reading them is no part of a correction
    for name, run, goal in steps:
        started, spent = time.perf_counter(), time.process_time()
        run()
        seconds, busy = time.perf_counter() - started, time.process_time() - spent
        report(name, round(seconds, 2), "s", f"<= {goal:g}", seconds <= goal, as_json=as_json)
        report(f"{name}: of a processor", round(busy, 2), "s", None, True, as_json=as_json)


if __name__ == "__main__":
    main()
