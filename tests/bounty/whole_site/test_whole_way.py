"""From the form to the downloaded model, with the real sandbox and no broker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile

from bounty.core import artifacts
from bounty.models import Submission
from bounty.shared_model import model_file
from bounty.submissions import submit
from bounty.submissions.submit import NewSubmission
from evaluator.decision_list import PointerDecisionList
from evaluator.decision_list.storage import ModelFileError
from evaluator.sandbox import Sandbox, is_available
from tests.bounty.whole_site.worker_steps import evaluate_and_judge
from tests.world import World, new_team

State = Submission.State
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]

# The label follows VISITS among small children; the base model does not know.
BOTH = b"""
import numpy as np

def group(X):
    return X["AGE"] < 6

def predict(X):
    return (X["VISITS"] > 2).astype(int).to_numpy()
"""
SEARCH = b"""
def find_group(X, y, loss):
    return "AGE < 6" if loss[(X["AGE"] < 6).to_numpy()].mean() > loss.mean() else "AGE >= 6"
"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as box:
        yield box


@pytest.fixture
def learnable(make) -> World:
    """A world whose small children can be learnt from VISITS; its base model answers 0."""
    return make(learnable=True)


def send(world: World, team: Any, person: Any, **fields: Any) -> Submission:
    return submit.create_submission(world.competition, team, person, NewSubmission(**fields))


@pytest.fixture
def team(learnable, bob):
    return new_team(learnable.competition, bob, "Bobs")


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
def test_an_accepted_submission_answers_in_the_downloaded_model(learnable, team, bob, sandbox, fields):
    submission = evaluate_and_judge(send(learnable, team, bob, **fields), sandbox)
    assert submission.state == State.ACCEPTED, (submission.error_class, submission.error_detail)

    head = learnable.competition.head()
    path = model_file.build_model_file(head)
    model = PointerDecisionList.load(path, trust=True)
    stored = artifacts.read_array(head.stored_predictions)
    assert np.array_equal(model.predict(learnable.X), stored)
    assert model_file.build_model_file(head) == path


def test_a_model_with_python_in_it_is_loaded_only_with_trust(learnable, team, bob, sandbox):
    both = ContentFile(BOTH, name="both.py")
    evaluate_and_judge(
        send(learnable, team, bob, group_kind="file", group_file=both, patch_kind="same"), sandbox
    )
    with pytest.raises(ModelFileError):
        PointerDecisionList.load(model_file.build_model_file(learnable.competition.head()))


def test_a_crash_ends_as_failed_with_its_traceback_from_public_rows(learnable, team, bob, sandbox):
    crash = ContentFile(b"def group(X):\n    return 1 / 0\n", name="crash.py")
    submission = evaluate_and_judge(send(learnable, team, bob, group_kind="file", group_file=crash), sandbox)
    assert (submission.state, submission.error_class) == (State.FAILED, "crashed")
    assert "ZeroDivisionError" in submission.error_detail


def test_a_finding_by_expression_is_worse_on_practice_rows(learnable, team, bob, sandbox):
    submission = evaluate_and_judge(send(learnable, team, bob, expression="AGE < 6"), sandbox)
    assert submission.state == State.WORSE


def test_the_base_model_alone_can_be_downloaded(learnable):
    model = PointerDecisionList.load(model_file.build_model_file(learnable.competition.head()))
    assert np.array_equal(model.predict(learnable.X), learnable.base)
