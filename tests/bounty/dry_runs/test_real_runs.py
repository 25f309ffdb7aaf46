"""Dry runs in the real sandbox: nothing of secret rows is touched, and a failure is told in full."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from bounty.core import artifacts
from bounty.dry_runs import start
from bounty.models import DryRun
from bounty.submissions.parse import NewSubmission
from bounty.workers import tasks
from evaluator.sandbox import Sandbox, is_available
from evaluator.worker.evaluate import run_order
from evaluator.worker.messages import Order
from tests.world import new_team

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]

BOTH = b"""
def group(X):
    return X["AGE"] < 6

def predict(X):
    return (X["VISITS"] > 2).astype(int).to_numpy()
"""
SEARCH = b"def find_group(X, y, loss):\n    return 'AGE < 6'\n"
BREAKS = b"def group(X):\n    table = {'a': 1}\n    return table[X['AGE'].max()]\n"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as box:
        yield box


@pytest.fixture
def run(make, bob, sandbox):
    """Start a dry run of Bob's and carry it as a worker does; the secret table is gone, to be sure."""
    world = make(learnable=True)
    new_team(world.competition, bob, "Bobs")
    artifacts.artifact_store().local_path(world.competition.tables_json["secret"]["path"]).unlink()

    def carry(**fields) -> DryRun:
        started = start.start_dry_run(world.competition, bob, NewSubmission(**fields))
        order = Order.from_json(start.build_dry_run_order(started))
        tasks.evaluation_done(**run_order(order, artifacts.artifact_store(), sandbox).to_json())
        started.refresh_from_db()
        return started

    return carry


@pytest.mark.parametrize(
    "fields",
    [
        {"expression": "AGE < 6", "patch_kind": "fit", "learner": "tree"},
        {"group_kind": "file", "group_file": ContentFile(BOTH, name="both.py"), "patch_kind": "same"},
        {
            "group_kind": "file",
            "group_file": ContentFile(SEARCH, name="search.py"),
            "patch_kind": "file",
            "patch_file": ContentFile(BOTH, name="patch.py"),
        },
    ],
    ids=["expression and fit", "one Python file", "a search and a Python file"],
)
def test_a_patch_that_helps_is_seen_to_help(run, fields):
    done = run(**fields)
    assert done.state == "done", done.error_detail
    assert done.words or done.group_kind == "python"
    assert done.result["after"][0] < 0.1 < done.result["before"][0]
    assert done.result["better"] > done.result["worse"]


def test_a_finding_shows_the_gap(run):
    done = run(expression="AGE < 6")
    assert done.state == "done"
    assert done.result["after"] is None
    assert done.result["gap"][1] > 0


def test_a_failure_comes_with_its_full_traceback(run):
    failed = run(group_kind="file", group_file=ContentFile(BREAKS, name="breaks.py"))
    assert (failed.state, failed.error_class) == ("failed", "crashed")
    assert "line 3, in group\n    return table[X['AGE'].max()]\n" in failed.error_detail
    assert failed.error_detail.endswith("KeyError: np.float64(89.0)")


def test_an_empty_group_is_told(run):
    done = run(expression="AGE > 500", patch_kind="fit", learner="tree")
    assert done.state == "done"
    assert "No public row" in done.notices[0]
    assert done.result["rows"] == 0
