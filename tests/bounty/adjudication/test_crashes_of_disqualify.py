"""Whatever moves a whole list dies at any of its writes: what was there before still is, and it can be made again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bounty import corrections, verification
from bounty.adjudication import close as adjudication_close
from bounty.adjudication import disqualify as adjudication_disqualify
from bounty.adjudication import replay, rollback
from bounty.adjudication.judge import judge_submission
from bounty.core import artifacts
from bounty.corrections import apply, retest
from bounty.corrections.tables import TableRewrite
from bounty.hash_chain.log import record_close, record_correction, record_disqualification, record_rollback
from bounty.models import Competition, Submission
from bounty.scoring import credits, leaderboard
from bounty.shared_model import publish
from tests.bounty.adjudication.crash_points import ROOT, die_at
from tests.world import CHILDREN, OLD_WOMEN

State = Submission.State


def disqualify(competition: Competition) -> None:
    first = competition.versions.get(generation=1, number=1).submission
    adjudication_disqualify.disqualify_submission(first, "copied", competition.organiser)


def close(competition: Competition) -> None:
    adjudication_close.close_competition(competition, timezone.now())


def roll_back(competition: Competition) -> None:
    rollback.roll_back_model(competition, 1, "wrong", competition.organiser)


def correct(competition: Competition) -> None:
    practice = competition.layout.ranges["practice"][0]
    correction = corrections.Correction({practice + 1: 0, practice + 2: 1}, deleted=[1, practice + 3])
    corrections.correct_table(competition, correction, "asked to be forgotten", competition.organiser)


OPERATIONS: dict[str, Callable[[Competition], None]] = {
    "disqualify": disqualify,
    "close": close,
    "roll back": roll_back,
    "correct": correct,
}
# What writes in each, in order.
WRITES: dict[str, list[tuple[Any, Callable[..., Any]]]] = {
    "disqualify": [
        (Submission, Submission.move),
        (replay, replay._store_predictions),
        (credits, credits.credit_versions),
        (replay, replay.replay_shared_model),
        (replay, replay.replay_team_model),
        (leaderboard, leaderboard.refresh_board),
        (adjudication_disqualify, record_disqualification),
    ],
    "close": [
        (credits, credits.credit_versions),
        (adjudication_close, adjudication_close.score_final_rows),
        (leaderboard, leaderboard.refresh_board),
        (adjudication_close, record_close),
    ],
    "roll back": [
        (Submission, Submission.move),
        (rollback, rollback._copy_versions),
        (leaderboard, leaderboard.refresh_board),
        (rollback, record_rollback),
    ],
    "correct": [
        (TableRewrite, TableRewrite._write_labels),
        (TableRewrite, TableRewrite._drop_rows),
        (TableRewrite, TableRewrite._write_features),
        (TableRewrite, TableRewrite.write),
        (replay, replay._store_predictions),
        (replay, replay.replay_shared_model),
        (publish, publish.write_head_loss),
        (retest, retest.rejudge_findings),
        (replay, replay.replay_team_model),
        (leaderboard, leaderboard.refresh_board),
        (apply, record_correction),
    ],
}
STEPS = [
    (operation, owner, function.__name__, when)
    for operation, writes in WRITES.items()
    for owner, function in writes
    for when in ("before", "after")
]
NAMES = [f"{operation} {when} {function}" for operation, _, function, when in STEPS]


@pytest.fixture
def played(world, bobs, charlies):
    """A finding, and two versions by two teams."""
    judge_submission(world.evaluated(charlies, OLD_WOMEN).pk)
    judge_submission(world.good_patch(bobs, CHILDREN).pk)
    judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    assert world.competition.head().number == 2
    return world


CHILD = """
import os, sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
settings.ARTIFACTS = Path(sys.argv[1])
from bounty.models import Competition
from tests.bounty.adjudication import test_crashes_of_disqualify as crashes
operation, owner, function, when = crashes.STEPS[crashes.NAMES.index(sys.argv[2])]
class Patch:
    setattr = staticmethod(setattr)
crashes.die_at(Patch, owner, function, when, lambda: os.kill(os.getpid(), 9))
crashes.OPERATIONS[operation](Competition.objects.get(pk=sys.argv[3]))
"""


def stands(competition: Competition) -> tuple[Any, ...]:
    """What the database says, and which files hold the table."""
    found = Competition.objects.get(pk=competition.pk)
    states = tuple(Submission.objects.order_by("number").values_list("state", flat=True))
    return found.generation, found.status, found.tables_json, found.layout_json, states, found.chain.count()


def verify(competition: Competition) -> None:
    artifacts._arrays = artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES)
    verification.verify_competition(Competition.objects.get(pk=competition.pk))


class Killed(BaseException):
    """Nothing may catch this."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
def test_dying_on_the_way_leaves_what_was_there(name, played, monkeypatch):
    operation, owner, function, when = STEPS[NAMES.index(name)]
    before = stands(played.competition)

    def die() -> None:
        raise Killed

    with monkeypatch.context() as patched:
        die_at(patched, owner, function, when, die)
        with pytest.raises(Killed):
            OPERATIONS[operation](played.competition)
    connection.close()
    assert stands(played.competition) == before
    verify(played.competition)
    OPERATIONS[operation](Competition.objects.get(pk=played.competition.pk))
    assert stands(played.competition) != before
    verify(played.competition)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_process_killed_before_the_chains_entry_leaves_what_was_there(operation, played):
    """A real process, a real SIGKILL, a database in a file: at the last write, and where files are written."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        pytest.skip("the child opens the test database by its file")
    before = stands(played.competition)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bounty.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }
    connection.close()
    last = [name for name in NAMES if name.startswith(operation)][-1]
    rebuilt = operation in ("disqualify", "correct")
    written = replay.replay_shared_model if rebuilt else leaderboard.refresh_board
    files = f"{operation} after {written.__name__}"
    for name in {last, files}:
        command = [sys.executable, "-c", CHILD, str(settings.ARTIFACTS), name, str(played.competition.pk)]
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
        )
        assert ended.returncode == -9, ended.stderr[-2000:]
        assert stands(played.competition) == before
        verify(played.competition)
    OPERATIONS[operation](Competition.objects.get(pk=played.competition.pk))
    verify(played.competition)
