"""Orders that the broker lost are sent again one by one; what merely waits never is."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from bounty.celery_app import app
from bounty.core import queue
from bounty.dry_runs import cleanup, start
from bounty.models import DryRun, Submission
from bounty.submissions import dispatch, leases, submit
from bounty.workers import sweep, tasks
from tests.evaluation_reports import report
from tests.redis_server import running_redis

NOW = timezone.now()
LIST, DRY_LIST = "evaluate.cpu", "evaluate.cpu\x06\x169"
State = Submission.State


@pytest.fixture
def tried(world, bob):
    """`tried()`: a dry run of Bob's that waits for a worker."""

    def one(**fields):
        given = {"group_kind": "expression", "expression": "AGE < 6", "patch_kind": "none"} | fields
        return DryRun.objects.create(competition=world.competition, author=bob, queued_at=NOW, **given)

    return one


@pytest.fixture
def broker(settings, monkeypatch):
    """A real Redis, which the site sends to."""
    with running_redis() as address:
        settings.REDIS_URL = address
        monkeypatch.setattr(app.conf, "broker_url", address.replace("unix://", "redis+socket://", 1))
        monkeypatch.setattr(app.amqp, "_producer_pool", None)
        with redis.Redis.from_url(address) as client:
            yield client


@pytest.fixture
def look(django_capture_on_commit_callbacks):
    """`look(40)`: the sweep that many seconds from now."""

    def at(seconds):
        with django_capture_on_commit_callbacks(execute=True):
            sweep.resend_lost_orders(NOW + timedelta(seconds=seconds))
            cleanup.resend_lost_dry_runs(NOW + timedelta(seconds=seconds))

    return at


@pytest.fixture
def send(world, bobs, django_capture_on_commit_callbacks):
    """`send(3)`: that many submissions that wait for a worker, with their orders on the queue."""

    def many(count):
        with django_capture_on_commit_callbacks(execute=True):
            made = [world.submission(bobs, patch_kind="none") for _ in range(count)]
            for submission in made:
                dispatch.send_for_evaluation(submission)
        Submission.objects.update(queued_at=NOW)
        return made

    return many


def take(client, name=LIST):
    """Take the next message as a worker does, and tell the site; its submission."""
    order = json.loads(decoded(client.rpop(name)))[1]["order"]
    tasks.evaluation_started(order["submission"], order["attempt"])
    return order["submission"]


def decoded(message):
    return base64.b64decode(json.loads(message)["body"]).decode()


@pytest.mark.redis
def test_a_load_of_queued_rows_is_sent_once_however_long_it_waits(broker, send, look):
    made = send(30)
    for n, submission in enumerate(made):
        Submission.objects.filter(pk=submission.pk).update(queued_at=NOW + timedelta(seconds=5 * n))
    seen = []
    for second in range(0, 1200, 40):
        look(second)
        seen.append(take(broker))
        # Taken at the sweep's own time: rows behind it wait for twenty minutes.
        Submission.objects.filter(pk=seen[-1]).update(started_at=NOW + timedelta(seconds=second))
        tasks.evaluation_done(**report_of(seen[-1], status="crashed", detail="no", arrays={}, files={}))
    assert sorted(seen) == sorted(str(each.pk) for each in made)
    assert broker.llen(LIST) == 0


def report_of(key, **changes):
    return {"submission": key, "attempt": 1} | changes


@pytest.mark.redis
def test_an_order_that_never_reached_the_broker_is_sent_again(broker, send, look):
    send(1)
    broker.delete(LIST)
    for seconds in (31, 40, 62):
        look(seconds)
    assert broker.llen(LIST) == 1


@pytest.mark.redis
def test_one_lost_order_among_many_is_sent_again_alone(broker, send, look, world, bobs):
    lost = send(1)[0]
    broker.delete(LIST)
    later = send(5)
    Submission.objects.exclude(pk=lost.pk).update(queued_at=NOW + timedelta(seconds=60))
    taken = take(broker)
    Submission.objects.filter(pk=taken).update(started_at=NOW + timedelta(seconds=61))
    look(80)
    assert broker.llen(LIST) == 4
    look(95)
    assert broker.llen(LIST) == 5
    assert str(lost.pk) in decoded(broker.lindex(LIST, 0))
    assert len(later) == 5


@pytest.mark.redis
def test_an_order_that_a_worker_has_just_taken_is_not_sent_again(broker, send, look):
    send(1)
    broker.rpop(LIST)  # its `started` message is on the way
    look(31)
    assert broker.llen(LIST) == 0


@pytest.mark.redis
def test_what_was_sent_again_is_given_time(broker, send, look):
    send(1)
    broker.delete(LIST)
    for seconds in (31, 62, 67, 72):
        look(seconds)
    assert broker.llen(LIST) == 1
    assert Submission.objects.get().queued_at == NOW + timedelta(seconds=62)


@pytest.mark.redis
def test_a_lost_dry_run_is_sent_again_though_submissions_wait(broker, send, tried, look):
    send(2)
    tried()
    for seconds in (31, 62):
        look(seconds)
    assert (broker.llen(LIST), broker.llen(DRY_LIST)) == (2, 1)


@pytest.mark.redis
def test_dry_runs_that_wait_are_not_sent_again(broker, tried, look, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        start.send_dry_run(tried())
    for seconds in (31, 62, 93):
        look(seconds)
    assert broker.llen(DRY_LIST) == 1


@pytest.mark.redis
def test_an_order_is_stamped_as_current_and_a_newer_attempt_replaces_it(
    broker, send, django_capture_on_commit_callbacks
):
    [submission] = send(1)
    assert broker.get(f"orders:{submission.pk}") == b"1"
    leases.record_fault(submission, 1, "the jail is gone", NOW)
    with django_capture_on_commit_callbacks(execute=True):
        leases.retry_evaluation(submission, NOW)
    assert broker.get(f"orders:{submission.pk}") == b"2"


@pytest.mark.redis
def test_a_withdrawn_submission_is_stamped_as_moved_on(broker, send, django_capture_on_commit_callbacks):
    [submission] = send(1)
    with django_capture_on_commit_callbacks(execute=True):
        submit.withdraw_submission(submission)
    assert broker.get(f"orders:{submission.pk}") == b"0"


@pytest.mark.redis
def test_an_evaluated_one_is_stamped_and_a_stale_report_is_not_listened_to(
    broker, send, world, django_capture_on_commit_callbacks
):
    [submission] = send(1)
    arrays = {"mask": report(world, submission)["arrays"]["mask"]}
    with django_capture_on_commit_callbacks(execute=True):
        tasks.evaluation_done(**report(world, submission, attempt=7, arrays=arrays, files={}))
    assert broker.get(f"orders:{submission.pk}") == b"1"
    with django_capture_on_commit_callbacks(execute=True):
        tasks.evaluation_done(**report(world, submission, arrays=arrays, files={}))
    assert broker.get(f"orders:{submission.pk}") == b"0"


def test_a_broker_that_is_away_is_asked_again_later(monkeypatch, send, look, sent):
    monkeypatch.setattr(queue, "count_messages", lambda queue, priority=0: None)
    send(1)
    sent.clear()
    for seconds in (31, 62, 93):
        look(seconds)
    assert sent == []
