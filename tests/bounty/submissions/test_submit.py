"""Who may send, when, and how often; what becomes of what is sent."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, Role, Submission
from bounty.submissions import submit
from bounty.submissions.submit import NewSubmission
from tests.new_submissions import FINDING, PYTHON, file, refusal
from tests.world import make_world, new_team, new_user

State, Hold = Submission.State, Submission.Hold


# --- taken in ----------------------------------------------------------------------------------------------------
def test_a_submission_is_a_queued_row_and_a_task_on_commit(send, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        submission = send()
        assert sent == []
    for callback in callbacks:
        callback()
    assert (submission.state, submission.number, submission.hold) == (State.QUEUED, 1, Hold.NONE)
    assert submission.words
    [(name, arguments, queue)] = sent
    assert (name, queue) == ("evaluator.evaluate", "evaluate.cpu")
    assert arguments["order"]["group"] == {"kind": "expression", "expression": "AGE < 6"}
    assert arguments["order"]["patch"] is None


def test_numbers_count_up_within_the_competition(send):
    assert [send().number for _ in range(3)] == [1, 2, 3]


def test_an_uploaded_file_is_stored_by_digest(send):
    submission = send(NewSubmission(group_kind="file", group_file=file("../../mine.PY"), patch_kind="same"))
    assert (submission.group_kind, submission.patch_kind) == ("python", "same")
    stored = submission.files["group"]
    assert stored["filename"] == "mine.PY"
    assert stored["path"] == f"submissions/{submission.pk}/group.py"
    assert artifacts.artifact_store().read_bytes(stored["path"], stored["sha256"]) == PYTHON


def test_a_file_that_searches_is_recognised(send):
    content = b"def find_group(X, y, loss):\n    return 'AGE < 6'\n"
    submission = send(
        NewSubmission(group_kind="file", group_file=file("s.py", content), patch_kind="fit", learner="tree")
    )
    assert (submission.group_kind, submission.patch_kind, submission.learner) == ("find", "fit", "tree")


def test_a_patch_may_be_an_onnx_model_and_goes_to_the_gpu_queue(
    send, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        send(
            NewSubmission(expression="AGE < 6", patch_kind="file", patch_file=file("p.onnx", b"\x08\x08abc"))
        )
    [(_, arguments, queue)] = sent
    assert queue == "evaluate.gpu"
    assert arguments["order"]["patch"]["kind"] == "onnx"


def test_a_newer_one_replaces_a_running_one(send):
    older = send()
    newer = send(NewSubmission(expression="AGE < 7", supersedes=older))
    older.refresh_from_db()
    assert (older.state, newer.supersedes) == (State.WITHDRAWN, older)


# --- who and when ------------------------------------------------------------------------------------------------
def test_a_stranger_cannot_submit(world, bobs, mallory):
    with pytest.raises(Refusal):
        submit.create_submission(world.competition, bobs, mallory, FINDING)
    assert not Submission.objects.exists()


def test_a_member_of_another_team_cannot_submit_for_this_one(world, bobs, charlies, charlie):
    with pytest.raises(Refusal, match="join a team"):
        submit.create_submission(world.competition, bobs, charlie, FINDING)


def test_who_did_not_accept_the_terms_cannot_submit(world, mallory):
    team = new_team(world.competition, mallory, "M", terms=False)
    with pytest.raises(Refusal, match="terms"):
        submit.create_submission(world.competition, team, mallory, FINDING)


def test_a_banned_person_cannot_submit(world, bobs, bob, alice, send):
    Ban.objects.create(competition=world.competition, user=bob, reason="spam", created_by=alice)
    assert "spam" in refusal(send, expression="AGE < 6").message


def test_a_moderator_does_not_compete(world, bobs, bob, send):
    Role.objects.create(competition=world.competition, user=bob, kind=Role.Kind.MODERATOR)
    refusal(send, expression="AGE < 6")


@pytest.mark.parametrize("status", ["preparing", "draft", "paused", "closed"])
def test_only_an_open_competition_takes_submissions(world, send, status):
    Competition.objects.update(status=status)
    world.competition.refresh_from_db()
    refusal(send, expression="AGE < 6")


def test_after_the_closing_time_nothing_is_taken_even_before_the_sweep_came_by(world, send):
    Competition.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    world.competition.refresh_from_db()
    assert "closed" in refusal(send, expression="AGE < 6").message


# --- how often ---------------------------------------------------------------------------------------------------
@pytest.fixture
def two_a_day(world):
    Competition.objects.update(submissions_per_day=2)
    world.competition.refresh_from_db()


def test_the_quota_counts_24_hours(send, two_a_day):
    send(), send()
    with pytest.raises(Refusal, match="2 submissions"):
        send()
    Submission.objects.update(created_at=timezone.now() - timedelta(hours=25))
    send()


def test_a_fault_of_ours_gives_the_quota_back(send, two_a_day):
    send(), send()
    Submission.objects.filter(number=1).update(state=State.ERROR, quota_returned=True)
    send()


def test_withdrawing_before_the_run_gives_the_quota_back(send, two_a_day):
    submit.withdraw_submission(send())
    send(), send()


def test_withdrawing_during_the_run_does_not(send, two_a_day):
    first = send()
    Submission.objects.update(state=State.EVALUATING)
    submit.withdraw_submission(first)
    send()
    with pytest.raises(Refusal):
        send()


def test_sending_and_withdrawing_for_ever_is_stopped(send, two_a_day):
    for _ in range(6):
        submit.withdraw_submission(send())
    with pytest.raises(Refusal):
        send()


def test_a_refused_form_uses_no_quota(send, two_a_day):
    for _ in range(5):
        with pytest.raises(Refusal):
            send(NewSubmission(expression="AGE <"))
    send(), send()


def test_what_has_ended_cannot_be_withdrawn(send):
    submission = send()
    Submission.objects.update(state=State.ACCEPTED)
    with pytest.raises(Refusal):
        submit.withdraw_submission(submission)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED


def test_another_teams_submission_cannot_be_replaced(world, send, charlies, charlie):
    theirs = submit.create_submission(world.competition, charlies, charlie, FINDING)
    with pytest.raises(Refusal):
        send(NewSubmission(expression="AGE < 7", supersedes=theirs))
    theirs.refresh_from_db()
    assert theirs.state == State.QUEUED


# --- at once -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_submissions_at_once_get_different_numbers_and_keep_to_the_quota():
    world = make_world(new_user("alice"), submissions_per_day=4)
    bob = new_user("bob")
    team = new_team(world.competition, bob, "Bobs")
    numbers: list[int] = []
    refused: list[Refusal] = []
    start = threading.Barrier(6)

    def work() -> None:
        try:
            start.wait()
            numbers.append(submit.create_submission(world.competition, team, bob, FINDING).number)
        except Refusal as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4]
    assert len(refused) == 2
