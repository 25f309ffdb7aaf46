"""What happens when workers, messages and moderators vanish: nothing stays running for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from bounty.celery_app import app
from bounty.competitions import phases
from bounty.core import queue
from bounty.ledger import allowance
from bounty.models import Submission
from bounty.submissions import dispatch, leases
from bounty.workers import sweep
from tests.clock import NOW
from tests.world import World

State, Hold = Submission.State, Submission.Hold
pytestmark = pytest.mark.usefixtures("clock")
LATER = NOW + timedelta(minutes=10)


def running(world: World, team: Any, state: str = State.EVALUATING, **fields: Any) -> Submission:
    return world.submission(team, state=state, lease_until=NOW, **fields)


def test_a_killed_evaluation_is_queued_again_as_a_new_attempt(
    world, bobs, sent, django_capture_on_commit_callbacks
):
    submission = running(world, bobs)
    with django_capture_on_commit_callbacks(execute=True):
        sweep.requeue_expired_leases(LATER)
    submission.refresh_from_db()
    assert (submission.state, submission.attempt) == (State.QUEUED, 2)
    [(name, arguments, queue)] = sent
    assert (name, queue) == ("evaluator.evaluate", "evaluate.cpu")
    assert arguments["order"]["attempt"] == 2


def test_a_killed_verdict_is_only_judged_again(world, bobs, sent, django_capture_on_commit_callbacks):
    submission = running(world, bobs, State.JUDGING)
    with django_capture_on_commit_callbacks(execute=True):
        sweep.requeue_expired_leases(LATER)
    submission.refresh_from_db()
    assert submission.state == State.JUDGING
    assert submission.lease_until > LATER
    assert [name for name, _, _ in sent] == ["bounty.judge"]


def test_a_lease_that_is_renewed_is_left_alone(world, bobs):
    submission = running(world, bobs)
    leases.renew_lease(submission, 1, "alive", LATER)
    sweep.requeue_expired_leases(LATER)
    submission.refresh_from_db()
    assert (submission.state, submission.attempt) == (State.EVALUATING, 1)


def test_of_two_sweeps_one_requeues(world, bobs):
    submission = running(world, bobs)
    same = Submission.objects.get(pk=submission.pk)
    assert leases.expire_lease(submission, LATER)
    assert not leases.expire_lease(same, LATER)
    submission.refresh_from_db()
    assert submission.attempt == 2


@pytest.mark.parametrize("state", [State.EVALUATING, State.JUDGING])
def test_after_too_many_lost_workers_a_person_has_to_look_and_the_quota_is_given_back(
    world, bobs, settings, state
):
    submission = running(world, bobs, state, attempt=settings.MAX_ATTEMPTS)
    sweep.requeue_expired_leases(LATER)
    submission.refresh_from_db()
    assert (submission.state, submission.quota_returned) == (State.ERROR, True)
    sweep.run_sweep(LATER + timedelta(days=1))
    submission.refresh_from_db()
    assert submission.state == State.ERROR


def test_a_fault_is_tried_again_a_little_later(world, bobs, sent, django_capture_on_commit_callbacks):
    submission = running(world, bobs)
    leases.record_fault(submission, 1, "disk full", NOW)
    sweep.retry_faults(NOW)
    submission.refresh_from_db()
    assert submission.state == State.ERROR
    with django_capture_on_commit_callbacks(execute=True):
        sweep.retry_faults(LATER)
    submission.refresh_from_db()
    assert (submission.state, submission.attempt) == (State.QUEUED, 2)
    assert [name for name, _, _ in sent] == ["evaluator.evaluate"]


def test_the_last_fault_gives_the_quota_back(world, bobs, settings):
    submission = running(world, bobs, attempt=settings.MAX_ATTEMPTS)
    leases.record_fault(submission, settings.MAX_ATTEMPTS, "disk full", NOW)
    submission.refresh_from_db()
    assert submission.quota_returned
    assert allowance.daily_quota(bobs, NOW).left == world.competition.submissions_per_day


def test_a_fault_of_a_stale_attempt_changes_nothing(world, bobs):
    submission = running(world, bobs, attempt=2)
    assert not leases.record_fault(submission, 1, "disk full", NOW)


def test_a_base_model_whose_order_was_lost_is_sent_again_but_not_every_time(make, monkeypatch):
    asked: list[Any] = []
    monkeypatch.setattr(sweep.base_models, "send_base_order", asked.append)
    competition = make(status="preparing").competition
    for minutes in (5, 20, 21):
        sweep.resend_lost_base_models(competition.created_at + timedelta(minutes=minutes))
    assert asked == [competition]


def test_a_broker_that_is_away_loses_nothing(world, bobs, monkeypatch, django_capture_on_commit_callbacks):
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(app, "send_task", away)
    submission = world.submission(bobs)
    with django_capture_on_commit_callbacks(execute=True):
        dispatch.send_for_evaluation(submission)
    submission.refresh_from_db()
    assert submission.state == State.QUEUED


def test_messages_that_wait_are_counted(world, bobs, django_capture_on_commit_callbacks):
    submission = world.submission(bobs, patch_kind="none")
    with django_capture_on_commit_callbacks(execute=True):
        dispatch.send_for_evaluation(submission)
    assert queue.count_messages(dispatch.CPU) == 1


def test_a_queue_that_the_broker_has_forgotten_holds_nothing():
    assert queue.count_messages("never-used") == 0


def test_a_broker_that_is_away_does_not_say_how_many_wait(monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/redis.sock")
    assert queue.count_messages(dispatch.CPU) is None


def test_nobody_waits_longer_than_two_days_for_a_moderator(world, bobs):
    submission = world.submission(bobs, state=State.HELD, hold=Hold.HELD, held_at=NOW)
    sweep.release_overdue_holds(NOW + timedelta(hours=47))
    submission.refresh_from_db()
    assert submission.state == State.HELD
    sweep.release_overdue_holds(NOW + timedelta(hours=49))
    submission.refresh_from_db()
    assert (submission.state, submission.hold) == (State.JUDGING, Hold.RELEASED)


def test_a_competition_opens_and_closes_by_the_clock(make):
    competition = make(status="draft", opens_at=NOW, closes_at=NOW + timedelta(hours=1)).competition
    phases.apply_schedule(NOW - timedelta(minutes=1))
    competition.refresh_from_db()
    assert competition.status == "draft"
    phases.apply_schedule(NOW)
    competition.refresh_from_db()
    assert competition.status == "open"
    phases.apply_schedule(NOW + timedelta(hours=1))
    competition.refresh_from_db()
    assert competition.status == "closed"


def test_a_fault_in_one_part_of_the_sweep_does_not_stop_the_others(world, bobs, monkeypatch, caplog):
    def broken(now: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sweep, "resend_lost_orders", broken)
    submission = running(world, bobs)
    sweep.run_sweep(LATER)
    submission.refresh_from_db()
    assert submission.attempt == 2


def test_an_order_names_features_and_never_labels(world, bobs):
    order = dispatch.build_order(world.submission(bobs, patch_kind="fit", learner="tree"))
    paths = [order[name]["path"] for name in ("public", "secret")]
    assert all(path.startswith("features/") for path in paths)
    assert "labels/" not in str(order)
