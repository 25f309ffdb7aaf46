"""A verdict that dies at any of its writes: nothing is lost, nothing is decided twice, and the chain verifies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from bounty import verification
from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.hash_chain import log
from bounty.ledger import blocks
from bounty.models import ChainEntry, Competition, LedgerQuery, ModelVersion, Submission, TeamVersion, Verdict
from bounty.scoring import credits, leaderboard
from bounty.shared_model import publish
from tests.bounty.adjudication.crash_points import ROOT, die_at
from tests.world import OLD_WOMEN

State = Submission.State

# Every step of a verdict that writes, in order: (name, module or class, function, "before" or "after" it).
STEPS = [
    (f"{when} {name}", owner, function.__name__, when)
    for name, owner, function in (
        ("the chain's start", log, log.start_chain),
        ("the team's array and version", publish, publish.publish_team_version),
        ("the verdict", judge, judge.write_verdict),
        ("the query", judge, judge._record_query),
        ("the block's charge", blocks, blocks.charge_block),
        ("the head's array and version", publish, publish.publish_version),
        ("the credits", credits, credits.credit_version),
        ("the state", Submission, Submission.move),
        ("the board", leaderboard, leaderboard.refresh_board),
        ("the chain's entry", log, log.record_verdict),
        ("the losses on public rows", publish, publish._write_head_loss),
        ("the intervals", leaderboard, leaderboard.write_provisional_intervals),
    )
    for when in ("before", "after")
]


class Killed(BaseException):
    """Nothing in a verdict may catch this."""


def check_decided_once(submission: Submission) -> None:
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED
    assert Verdict.objects.filter(submission=submission).count() == 1
    assert LedgerQuery.objects.filter(submission=submission).count() == 1
    assert ModelVersion.objects.filter(submission=submission).count() == 1
    assert TeamVersion.objects.filter(submission=submission).count() == 1
    judged = [entry.data["submission"] for entry in ChainEntry.objects.filter(kind="verdict")]
    assert judged.count(str(submission.pk)) == 1
    artifacts._arrays = artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES)
    verification.verify_competition(Competition.objects.get(pk=submission.competition_id))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("owner", "function", "when"), [step[1:] for step in STEPS], ids=[s[0] for s in STEPS]
)
def test_a_verdict_that_dies_is_made_again_once(owner, function, when, world, bobs, charlies, monkeypatch):
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    submission = world.good_patch(bobs)

    def die() -> None:
        raise Killed

    with monkeypatch.context() as patched:
        die_at(patched, owner, function, when, die)
        with pytest.raises(Killed):
            judge.judge_submission(submission.pk)
    connection.close()
    decided = Submission.objects.get(pk=submission.pk).state == State.ACCEPTED
    assert judge.judge_submission(submission.pk) is not decided
    check_decided_once(submission)


CHILD = """
import os, sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
settings.ARTIFACTS = Path(sys.argv[1])
from tests.bounty.adjudication import test_crashes
name, pk = sys.argv[2:4]
step = next(step for step in test_crashes.STEPS if step[0] == name)
class Patch:
    setattr = staticmethod(setattr)
test_crashes.die_at(Patch, *step[1:], lambda: os.kill(os.getpid(), 9))
test_crashes.judge.judge_submission(pk)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name, *_ in STEPS if name.startswith("after")])
def test_a_worker_killed_in_a_verdict_loses_nothing(name, world, bobs, charlies):
    """A real process, a real SIGKILL, a database in a file."""
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    submission = world.good_patch(bobs)
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        pytest.skip("the child opens the test database by its file")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bounty.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }
    connection.close()
    command = [sys.executable, "-c", CHILD, str(settings.ARTIFACTS), name, str(submission.pk)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert ended.returncode == -9, ended.stderr[-2000:]
    decided = Submission.objects.get(pk=submission.pk).state == State.ACCEPTED
    assert decided is (name in ("after the losses on public rows", "after the intervals"))
    assert judge.judge_submission(submission.pk) is not decided
    check_decided_once(submission)
