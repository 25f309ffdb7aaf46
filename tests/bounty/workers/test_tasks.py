"""Reports of evaluation: twice, late, in another order, forged. None of it may matter."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from bounty import standalone
from bounty.celery_app import app
from bounty.ledger import blocks
from bounty.models import LedgerQuery, Outcome, Submission
from bounty.submissions.evaluation_report import ON_PRACTICE
from bounty.workers import tasks
from tests.evaluation_reports import fitted_patch, report
from tests.world import World, stored_arrays

State, Hold = Submission.State, Submission.Hold


@pytest.fixture
def queued(world: World, bobs: Any) -> Submission:
    return world.submission(bobs, expression="AGE < 6")


def now_is(submission: Submission) -> str:
    submission.refresh_from_db()
    return submission.state


def test_a_worker_that_starts_takes_a_lease(queued):
    tasks.evaluation_started(str(queued.pk), 1, "worker-1")
    assert now_is(queued) == State.EVALUATING
    assert queued.lease_until is not None and queued.started_at is not None


def test_a_heartbeat_renews_the_lease_and_names_the_stage(queued):
    tasks.evaluation_started(str(queued.pk), 1)
    queued.refresh_from_db()
    before = queued.lease_until
    tasks.evaluation_heartbeat(str(queued.pk), 1, "running on public rows")
    queued.refresh_from_db()
    assert queued.lease_until > before
    assert queued.stage == "running on public rows"


def test_a_heartbeat_of_a_stale_attempt_renews_nothing(queued):
    Submission.objects.update(attempt=2)
    tasks.evaluation_heartbeat(str(queued.pk), 1, "still here")
    assert now_is(queued) == State.QUEUED
    assert queued.lease_until is None


def test_a_result_is_kept_and_goes_on_to_judging(world, queued, sent, django_capture_on_commit_callbacks):
    tasks.evaluation_started(str(queued.pk), 1)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.evaluation_done(**report(world, queued))
    assert now_is(queued) == State.JUDGING
    assert Outcome.objects.get().attempt == 1
    assert sent == [("bounty.judge", {"submission": str(queued.pk)}, "adjudicate")]


def test_a_result_that_overtakes_its_start_is_kept(world, queued):
    tasks.evaluation_done(**report(world, queued))
    tasks.evaluation_started(str(queued.pk), 1)
    assert now_is(queued) == State.JUDGING


def test_a_result_that_comes_twice_is_kept_once(world, queued):
    message = report(world, queued)
    tasks.evaluation_done(**message)
    tasks.judge_submission(str(queued.pk))
    tasks.evaluation_done(**message)
    tasks.judge_submission(str(queued.pk))
    assert now_is(queued) == State.ACCEPTED
    assert Outcome.objects.count() == 1
    assert LedgerQuery.objects.count() == 1


def test_a_result_of_a_stale_attempt_is_ignored(world, queued):
    message = report(world, queued)
    Submission.objects.update(attempt=2)
    tasks.evaluation_done(**message)
    assert now_is(queued) == State.QUEUED
    assert not Outcome.objects.exists()


def test_a_result_of_a_withdrawn_submission_is_ignored(world, queued):
    message = report(world, queued)
    Submission.objects.update(state=State.WITHDRAWN)
    tasks.evaluation_done(**message)
    assert now_is(queued) == State.WITHDRAWN
    assert not Outcome.objects.exists()


def test_a_held_submission_waits_for_a_moderator_with_its_result(world, queued, sent):
    Submission.objects.update(hold=Hold.HELD)
    tasks.evaluation_done(**report(world, queued))
    assert now_is(queued) == State.HELD
    assert Outcome.objects.count() == 1
    assert sent == []


def test_a_released_one_is_judged_on(world, queued, sent, django_capture_on_commit_callbacks):
    Submission.objects.update(hold=Hold.HELD)
    tasks.evaluation_done(**report(world, queued))
    Submission.objects.update(hold=Hold.RELEASED)
    queued.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.judge_released(queued)
    assert now_is(queued) == State.JUDGING
    assert [name for name, _, _ in sent] == ["bounty.judge"]


def test_what_a_search_found_becomes_the_group(world, bobs):
    submission = world.submission(bobs, group_kind="find", expression="")
    tasks.evaluation_done(**report(world, submission, expression="AGE < 6", words="<b>people</b>"))
    submission.refresh_from_db()
    assert submission.expression == "AGE < 6"
    assert "below 6" in submission.words and "<b>" not in submission.words


def test_a_report_cannot_rename_a_typed_group(world, queued):
    tasks.evaluation_done(**report(world, queued, expression="AGE > 6", words="others"))
    queued.refresh_from_db()
    assert (queued.expression, queued.words) == ("AGE < 6", "")


def test_a_failure_on_public_rows_is_explained_and_costs_no_bit(world, queued):
    message = report(world, queued, status="crashed", detail="ZeroDivisionError in line 3", arrays={})
    tasks.evaluation_done(**message)
    assert now_is(queued) == State.FAILED
    assert (queued.error_class, queued.error_detail) == ("crashed", "ZeroDivisionError in line 3")
    assert world.competition.open_block().extra_bits == 0


@pytest.mark.rule_2026_11
def test_a_failure_on_secret_rows_alone_is_one_class_and_one_bit(world, queued):
    tasks.evaluation_done(**report(world, queued, status="no_result", on_secret=True, arrays={}))
    assert now_is(queued) == State.FAILED
    assert (queued.error_class, queued.error_detail) == ("no_result", blocks.ON_SECRET)
    assert world.competition.open_block().extra_bits == 1


@pytest.mark.rule_2026_11
def test_a_failure_that_is_reported_twice_costs_one_bit(world, queued):
    message = report(world, queued, status="no_result", on_secret=True, arrays={})
    tasks.evaluation_done(**message)
    tasks.evaluation_done(**message)
    assert world.competition.open_block().extra_bits == 1


@pytest.fixture
def of_today(world, queued):
    """A queued submission to a competition of the present rule."""
    type(world.competition).objects.update(rule_version=2)
    return Submission.objects.get(pk=queued.pk)


def test_a_failure_on_practice_rows_is_told_by_class_and_costs_quota_but_no_bit(world, of_today):
    tasks.evaluation_done(**report(world, of_today, status="crashed", on_practice=True, arrays={}, files={}))
    assert now_is(of_today) == State.FAILED
    assert (of_today.error_class, of_today.error_detail) == ("crashed", ON_PRACTICE)
    assert (of_today.failed_on_practice_rows, of_today.quota_returned) == (True, False)
    assert not of_today.failed_on_secret_rows
    assert list(world.competition.blocks.values_list("extra_bits", flat=True)) == [0, 0]


def test_a_failure_on_public_rows_costs_no_quota(world, queued):
    tasks.evaluation_done(**report(world, queued, status="crashed", detail="KeyError", arrays={}))
    assert now_is(queued) == State.FAILED
    assert queued.quota_returned


@pytest.mark.parametrize(("rule", "told"), [(1, "on_practice"), (2, "on_secret")])
def test_a_failure_that_the_rule_does_not_tell_is_our_fault(world, queued, rule, told):
    type(world.competition).objects.update(rule_version=rule)
    tasks.evaluation_done(**report(world, queued, status="no_result", arrays={}, files={}, **{told: True}))
    assert now_is(queued) == State.ERROR
    assert queued.error_class == ""


def test_a_report_that_tells_of_secret_rows_is_dropped(world, queued):
    message = report(world, queued, status="crashed", detail="row 9 is 3.5", on_secret=True, arrays={})
    tasks.evaluation_done(**message)
    assert now_is(queued) == State.QUEUED


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "won"},
        {"arrays": {"mask": {"path": "../../etc/passwd", "sha256": "0" * 64}}},
        {"surprise": 1},
        {"submission": "nobody"},
        {"submission": str(uuid4())},
        {"submission": 7},
        {"attempt": "1"},
        {"on_secret": "no"},
        {"on_practice": 1},
        {"detail": ["a", "list"]},
        {"words": "x" * 100_000},
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing(world, queued, changes):
    tasks.evaluation_done(**(report(world, queued) | changes))
    assert now_is(queued) == State.QUEUED
    assert not Outcome.objects.exists()


def test_a_report_that_names_files_of_another_place_is_our_fault(world, queued):
    """The labels of a split lie in the same store: a forged report must not have them read as predictions."""
    labels = world.competition.tables_json["labels"]["certification-1"]
    honest = report(world, queued)
    for changes in (
        {"arrays": {**honest["arrays"], "predictions": labels}},
        {"arrays": {"mask": honest["arrays"]["mask"]}},
        {"arrays": {**honest["arrays"], "more": honest["arrays"]["mask"]}},
        {"files": {}},
        {"files": {"patch": fitted_patch(queued, "mask.npy")}},
        {"files": {"patch": {**fitted_patch(queued), "kind": "python"}}},
    ):
        Submission.objects.update(state=State.QUEUED)
        tasks.evaluation_done(**(honest | changes))
        assert now_is(queued) == State.ERROR, changes
        assert not Outcome.objects.exists()


def test_a_search_that_reports_no_expression_is_our_fault(world, bobs):
    submission = world.submission(bobs, group_kind="find", expression="")
    tasks.evaluation_done(**report(world, submission, expression="__import__('os')"))
    assert now_is(submission) == State.ERROR


@pytest.mark.parametrize("spoil", ["too short", "numbers", "no class", "a mask of numbers"])
def test_arrays_that_are_no_answer_for_each_row_are_never_judged(world, queued, spoil):
    mask = world.mask("AGE < 6")
    predictions = world.patch(mask)
    mask, predictions = {
        "too short": (mask, predictions[1:]),
        "numbers": (mask, predictions.astype(float)),
        "no class": (mask, predictions + np.int16(99)),
        "a mask of numbers": (mask.astype(float), predictions),
    }[spoil]
    tasks.evaluation_done(**report(world, queued, arrays=stored_arrays(queued, mask, predictions)))
    tasks.judge_submission(str(queued.pk))
    assert now_is(queued) == State.ERROR
    assert not LedgerQuery.objects.exists()


def test_our_fault_is_no_failure_of_the_submission(world, queued):
    tasks.evaluation_done(**report(world, queued, status="fault", detail="disk full", arrays={}))
    assert now_is(queued) == State.ERROR
    assert queued.error_detail == ""
    assert not queued.quota_returned


def test_a_verdict_that_cannot_be_computed_is_our_fault(world, queued):
    tasks.evaluation_done(**report(world, queued))
    Outcome.objects.all().delete()
    tasks.judge_submission(str(queued.pk))
    assert now_is(queued) == State.ERROR


def test_tasks_have_the_names_that_the_evaluator_sends():
    names = {"bounty.evaluation_started", "bounty.evaluation_heartbeat", "bounty.evaluation_done"}

    app.loader.import_default_modules()
    assert names | {"bounty.judge", "bounty.sweep"} <= set(app.tasks)


def test_every_queue_that_is_sent_to_has_a_worker_on_one_machine(tmp_path, monkeypatch):
    started: dict[str, list[str]] = {}
    stack = standalone.Stack(tmp_path)
    monkeypatch.setattr(stack, "spawn", lambda name, command, env=None: started.update({name: list(command)}))
    stack.start_workers(1)
    served = {
        queue
        for command in started.values()
        if "-Q" in command
        for queue in command[command.index("-Q") + 1].split(",")
    }
    assert served == {queue.name for queue in app.conf.task_queues}
