"""Latency from the form to the verdict: `python -m benchmarks.latency [--json] [--each N] [--warm-up N]`.

Starts a stack of its own (Redis, workers, site) in a temporary folder, and sends each kind of submission N times, one
after the other, through the real form. Milliseconds are a participant's: from asking for the form's page until the
verdict is in the database and the page that follows the form is there. Run it on a quiet machine: its goals are such.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import progress, report

if TYPE_CHECKING:
    from bounty.demo.client import Person
    from bounty.demo.entries import Entry
    from bounty.models import Competition

SLUG = "latency"
GOAL_MEDIAN_MS, GOAL_P95_MS = 500, 2000


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--each", type=int, default=10, help="submissions of each kind")
    parser.add_argument("--warm-up", type=int, default=0, help="of each kind, sent before and not counted")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latency-") as home:
        use_own_site(Path(home))
        measured = measure_latency(options.each, options.warm_up)
    for kind, times in measured.items():
        report_latency(kind, times, as_json=options.json)
    report_latency("all kinds", [t for times in measured.values() for t in times], as_json=options.json)


def report_latency(kind: str, times: Sequence[float], *, as_json: bool) -> None:
    """Print median and 95th percentile of the times, in milliseconds."""
    median = statistics.median(times)
    slow = statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else median
    for name, value, goal in (("median", median, GOAL_MEDIAN_MS), ("95th percentile", slow, GOAL_P95_MS)):
        report(f"{kind}, {name}", round(value), "ms", f"<= {goal}", value <= goal, as_json=as_json)


def use_own_site(home: Path) -> None:
    """A site of this run's own: neither the database nor the broker of another one is touched."""
    for name in ("DATABASE_URL", "REDIS_URL", "BOUNTY_ARTIFACTS"):
        os.environ.pop(name, None)
    os.environ |= {
        "BOUNTY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "bounty.settings",
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()


def measure_latency(each: int, warm_up: int) -> dict[str, list[float]]:
    """Milliseconds of each submission, by kind."""
    from django.core.management import call_command

    from bounty.demo.client import Person
    from bounty.demo.people import shared_password
    from bounty.standalone import Stack

    call_command("migrate", verbosity=0)
    port = free_port()
    with Stack() as stack:
        stack.start_redis()
        stack.start_workers()
        stack.start_web(port)
        progress("building the competition")
        competition = build_competition()
        kinds = entries(competition)
        stack.wait_for(lambda: is_listening(port), "the site")
        person = Person(f"http://127.0.0.1:{port}")
        person.log_in("alice", shared_password())
        for _ in range(warm_up):
            list(send(competition, person, kinds, 1))
        found: dict[str, list[float]] = {kind: [] for kind in kinds}
        for kind, milliseconds in send(competition, person, kinds, each):
            stack.check()
            found[kind].append(milliseconds)
    return found


def build_competition() -> Competition:
    """Build a competition of the demo in an empty site."""
    from bounty.demo import stage
    from bounty.demo.people import make_people

    people = make_people()
    competition = stage.build_rand(SLUG, people)
    stage.open_with_teams(competition, people)
    competition.submissions_per_day = 100_000
    competition.save(update_fields=["submissions_per_day"])
    return competition


def entries(competition: Competition) -> dict[str, Entry]:
    """One submission of each kind, of the demo's own."""
    from bounty.demo import stage

    found = stage.demo_entries(competition, story=True)
    by_expression = [e for e in found if e.expression]
    fitted = {e.learner: e for e in by_expression if e.patch == "fit"}
    uploaded = {e.patch_file[0].rsplit(".")[-1]: e for e in by_expression if e.patch_file is not None}
    own = {e.group_file[0]: e for e in found if e.group_file is not None}
    return {
        "finding": next(e for e in by_expression if e.patch == "none"),
        "tree fitted": fitted["tree"],
        "linear model fitted": fitted["logistic"],
        "boosting fitted": fitted["boosting"],
        "Python file": own["teenagers.py"],
        "zip": own["children.zip"],
        "skops": uploaded["skops"],
        "ONNX": uploaded["onnx"],
        "search, then boosting": own["find_worst_slice.py"],
        "crash": own["crashes.py"],
    }


def send(
    competition: Competition, person: Person, kinds: Mapping[str, Entry], each: int
) -> Iterator[tuple[str, float]]:
    """Kinds take turns, so that whatever else the machine does falls on all of them."""
    from bounty.demo.replay import submit_entry
    from bounty.models import Submission

    for number in range(1, each + 1):
        progress(f"round {number} of {each}")
        for kind, entry in kinds.items():
            started = time.perf_counter()
            path = submit_entry(person, competition, replace(entry, by="alice", description=kind))
            key = path.rstrip("/").rsplit("/", 1)[-1]
            while (state := Submission.objects.values_list("state", flat=True).get(pk=key)) not in (
                Submission.ENDED
            ):
                if time.perf_counter() - started > 120:
                    raise SystemExit(f"{kind}: still {state} after two minutes")
                time.sleep(0.005)
            yield kind, (time.perf_counter() - started) * 1000


def free_port() -> int:
    """A free TCP port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether something listens on a TCP port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
