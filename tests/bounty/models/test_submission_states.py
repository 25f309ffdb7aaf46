"""A submission changes its state by `move` alone, and only as the table of moves says."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

from bounty.models import Submission
from bounty.models.submission_states import ALLOWED, ENDED, LEASED, MOVES, RUNNING, MoveNotAllowed, State

pytestmark = pytest.mark.django_db

REFUSED = sorted(set(product(State, State)) - ALLOWED)
CODE = Path(settings.BASE_DIR) / "bounty"


@pytest.fixture
def submission(world, bobs):
    return world.submission(bobs)


def place(submission: Submission, state: State) -> Submission:
    """The row in that state, however it came there."""
    Submission.objects.filter(pk=submission.pk).update(state=state)
    submission.refresh_from_db()
    return submission


def test_every_allowed_move_changes_the_row(submission):
    for old, new in sorted(ALLOWED):
        assert place(submission, old).move(old, new), f"{old} to {new}"
        assert submission.state == Submission.objects.get(pk=submission.pk).state == new


def test_every_other_move_is_refused_and_leaves_the_row(submission):
    for old, new in REFUSED:
        with pytest.raises(MoveNotAllowed):
            place(submission, old).move(old, new)
        assert submission.state == Submission.objects.get(pk=submission.pk).state == old


def test_one_wrong_old_state_among_several_is_refused(submission):
    with pytest.raises(MoveNotAllowed, match="from accepted to evaluating"):
        submission.move((State.QUEUED, State.ACCEPTED), State.EVALUATING)
    assert Submission.objects.get().state == State.QUEUED


def test_a_state_that_there_is_not_is_refused(submission):
    with pytest.raises(ValueError, match="lost"):
        submission.move(State.QUEUED, "lost")


def test_of_two_movers_the_second_is_told_that_somebody_else_won(submission):
    assert submission.move(State.QUEUED, State.EVALUATING)
    assert not submission.move(State.QUEUED, State.EVALUATING)


@pytest.mark.parametrize("new", RUNNING)
def test_an_accepted_patch_is_never_run_or_judged_again_in_its_place(new):
    assert (State.ACCEPTED, new) not in ALLOWED


@pytest.mark.parametrize("new", State)
def test_what_a_team_withdrew_stays_withdrawn(new):
    assert (State.WITHDRAWN, new) not in ALLOWED


@pytest.mark.parametrize("new", State)
def test_what_could_not_be_run_stays_so(new):
    assert (State.FAILED, new) not in ALLOWED


@pytest.mark.parametrize("old", [state for state in State if state != State.JUDGING])
def test_only_what_is_judged_can_be_accepted_or_harmful(old):
    assert not {(old, State.ACCEPTED), (old, State.HARMFUL)} & ALLOWED


def test_a_moderator_does_not_refuse_what_is_being_judged():
    # Its verdict may have asked its query already.
    assert (State.JUDGING, State.REFUSED) not in ALLOWED


@pytest.mark.parametrize("old", [*RUNNING, State.FAILED, State.REFUSED, State.WITHDRAWN])
def test_only_what_was_judged_can_be_disqualified(old):
    assert (old, State.DISQUALIFIED) not in ALLOWED


def test_a_refusal_or_disqualification_is_left_by_an_appeal_alone():
    taken_back = {State.REFUSED, State.DISQUALIFIED}
    assert {new for old, new in ALLOWED if old in taken_back} == {State.JUDGING, State.QUEUED}
    assert [move.event for move in MOVES if taken_back & set(move.old)] == ["an appeal succeeds"]


def test_each_state_is_running_or_ended_and_can_be_reached():
    assert set(RUNNING) | set(ENDED) == set(State) and not set(RUNNING) & set(ENDED)
    assert {new for _, new in ALLOWED} == set(State) and set(LEASED) <= set(RUNNING)


def test_no_code_writes_a_submission_s_state_past_the_table():
    found = [
        f"{path.relative_to(CODE)}:{node.lineno}"
        for path in sorted(CODE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if writes_a_state(node)
    ]
    assert [where for where in found if not where.startswith("models/submission.py:")] == []
    assert len(found) == 1


def writes_a_state(node: ast.AST) -> bool:
    """`submission.state = ...`, or `.update(state=...)` on submissions."""
    if isinstance(node, ast.Assign):
        return any(ast.unparse(target) in ("submission.state", "older.state") for target in node.targets)
    if not (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"
    ):
        return False
    rows = ast.unparse(node.func.value).lower()
    return "submission" in rows and any(keyword.arg == "state" for keyword in node.keywords)
