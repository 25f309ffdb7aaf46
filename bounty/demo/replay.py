"""Replay of the demo's submissions through the real form, one after the other, waiting for each verdict."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bounty.demo.client import FormRefused, Person
from bounty.demo.entries import Entry
from bounty.models import Competition, Submission


class ReplayError(Exception):
    """Raised for a submission that did not come to an end; the message names it."""


@dataclass(frozen=True)
class Tally:
    """Counts and losses after a replay. Losses are means on practice rows."""

    competition: str
    submissions: int
    accepted: int
    not_shown: int
    failed: int
    base_loss: float
    head_loss: float


def replay_entries(
    competition: Competition,
    entries: Sequence[Entry],
    people: dict[str, Person],
    check: Callable[[], None],
    seconds_each: float = 120,
) -> None:
    """Submit each entry and wait for its verdict. `check` raises when a process of the site has died.

    Held ones are not waited for. Raises ReplayError for one that takes longer than `seconds_each`.
    """
    for number, entry in enumerate(entries, start=1):
        print_progress(number, len(entries), entry.description)
        try:
            path = submit_entry(people[entry.by], competition, entry)
        except FormRefused as refusal:
            raise ReplayError(f"the form refused “{entry.description}”: {refusal}") from None
        wait_for_verdict(path.rstrip("/").rsplit("/", 1)[-1], check, seconds_each)
    print_progress(len(entries), len(entries), "done")
    sys.stderr.write("\n")


def submit_entry(person: Person, competition: Competition, entry: Entry) -> str:
    """The path of the submission's page, after filling in the submit page."""
    fields = {
        "expression": entry.expression,
        "patch": entry.patch,
        "learner": entry.learner if entry.patch == "fit" else "",
        "description": entry.description,
    }
    uploads = {"group_file": entry.group_file, "patch_file": entry.patch_file}
    files = {name: upload for name, upload in uploads.items() if upload is not None}
    return person.post(f"/c/{competition.slug}/submit/", fields, files)


def wait_for_verdict(key: str, check: Callable[[], None], seconds: float) -> None:
    """Wait until the submission has ended or is held for a moderator. Raises ReplayError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        state = Submission.objects.values_list("state", flat=True).get(pk=key)
        if state in Submission.ENDED or state == Submission.State.HELD:
            return
        check()
        if time.monotonic() > deadline:
            raise ReplayError(f"submission {key} is still {state} after {seconds:.0f} seconds")
        time.sleep(0.02)


def print_progress(done: int, total: int, text: str) -> None:
    """Write one line on standard error, redrawn in a terminal and plain elsewhere."""
    if sys.stderr.isatty():
        filled = round(30 * done / total)
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done:3}/{total} {text[:60]:60}")
    else:
        sys.stderr.write(f"{done:3}/{total} {text}\n")
    sys.stderr.flush()


def tally_results(competition: Competition) -> Tally:
    """The tally of a competition's submissions."""
    states = list(competition.submissions.values_list("state", flat=True))
    versions = competition.versions.current().order_by("number")
    losses = list(versions.values_list("practice_loss", flat=True))
    return Tally(
        competition.slug,
        len(states),
        states.count(Submission.State.ACCEPTED),
        states.count(Submission.State.NOT_SHOWN),
        states.count(Submission.State.FAILED),
        losses[0],
        losses[-1],
    )


def measure_latencies(competition: Competition) -> tuple[float, float] | None:
    """(median, 95th percentile) of milliseconds from the form to the verdict, over submissions that were judged."""
    rows = competition.submissions.exclude(decided_at=None).values_list("created_at", "decided_at")
    times = sorted((decided - created).total_seconds() * 1000 for created, decided in rows if decided)
    if len(times) < 2:
        return None
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def slug_of(path: Path) -> str:
    """The demo competition's address for a table file."""
    words = "".join(c if c.isalnum() else "-" for c in path.stem.lower()).strip("-")
    return f"demo-{words or 'table'}"[:60]
