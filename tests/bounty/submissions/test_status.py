"""Where a submission is: its place, the wait to expect; and never "running" of what nobody works on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bounty.models import Submission
from bounty.submissions import status
from bounty.submissions.queue_position import status_fingerprint

pytestmark = pytest.mark.usefixtures("clock")


def of(submission):
    return status.progress_of(submission, timezone.now())


def read(person, submission) -> str:
    client = Client()
    client.force_login(person)
    return client.get(submission.get_absolute_url()).content.decode()


def evaluated(world, team, seconds: float, minutes_ago: float = 1.0, **fields) -> Submission:
    """One that was evaluated a while ago, in so many seconds."""
    ended = timezone.now() - timedelta(minutes=minutes_ago)
    began = ended - timedelta(seconds=seconds)
    return world.submission(team, state="not_shown", started_at=began, evaluated_at=ended, **fields)


def test_the_wait_is_what_recent_ones_took_times_those_ahead(world, bobs, charlies):
    for seconds in (50, 60, 70):
        evaluated(world, charlies, seconds)
    for _ in range(2):
        world.submission(charlies)
    found = of(world.submission(bobs))
    assert found.place == 2
    assert found.expected == timedelta(seconds=180)
    assert "about 3 minutes" in found.detail


def test_workers_at_work_share_those_ahead(world, bobs, charlies):
    evaluated(world, charlies, 60)
    lease = timezone.now() + timedelta(seconds=50)
    for _ in range(2):
        world.submission(charlies, state="evaluating", lease_until=lease)
    for _ in range(4):
        world.submission(charlies)
    assert of(world.submission(bobs)).expected == timedelta(seconds=180)


def test_what_ran_hours_ago_or_on_the_other_queue_says_nothing(world, bobs, charlies):
    evaluated(world, charlies, 60, minutes_ago=600)
    evaluated(world, charlies, 60, wants_gpu=True)
    found = of(world.submission(bobs))
    assert found.expected is None
    assert "not known" in found.detail


def test_a_queue_with_an_accelerator_has_places_of_its_own(world, bobs, charlies):
    world.submission(charlies)
    world.submission(charlies, patch_kind="onnx")
    assert of(world.submission(bobs, wants_gpu=True)).place == 1
    assert of(world.submission(bobs)).place == 1


def test_one_that_nobody_takes_is_said_to_keep_its_place(world, bob, bobs):
    submission = world.submission(bobs)
    submission.queued_at = timezone.now() - timedelta(minutes=20)
    submission.save()
    assert of(submission).late
    assert "nothing is lost" in read(bob, submission)


def test_a_worker_that_fell_silent_is_told_as_our_fault_that_is_tried_again(world, bob, bobs):
    gone = timezone.now() - timedelta(seconds=5)
    submission = world.submission(bobs, state="evaluating", stage="practice rows", lease_until=gone)
    assert of(submission).lost
    text = read(bob, submission)
    assert "It is tried again by itself." in text
    assert "Practice rows." not in text
    assert "being evaluated" not in text


def test_a_second_attempt_reads_like_a_first(world, bob, bobs):
    """A worker may have been lost to what code did on a certification row."""
    lease = timezone.now() + timedelta(seconds=50)
    submission = world.submission(bobs, state="evaluating", lease_until=lease)
    first = of(submission)
    Submission.objects.update(attempt=2, queued_at=timezone.now() + timedelta(seconds=60))
    again = Submission.objects.get()
    assert of(again) == first
    assert status_fingerprint(again, first.mark) == status_fingerprint(submission, first.mark)
    assert "attempt" not in read(bob, again)


@pytest.mark.parametrize("fields", [{"state": "error"}, {"state": "evaluating"}, {"state": "judging"}])
def test_what_was_tried_often_enough_waits_for_a_person_and_is_not_polled(world, bob, bobs, settings, fields):
    gone = timezone.now() - timedelta(seconds=5)
    submission = world.submission(bobs, attempt=settings.MAX_ATTEMPTS, lease_until=gone, **fields)
    assert of(submission).ended
    text = read(bob, submission)
    assert "A person has to look at it now" in text
    assert "hx-get" not in text


def test_the_page_says_what_is_over_and_what_is_ahead(world, bob, bobs):
    lease = timezone.now() + timedelta(seconds=50)
    submission = world.submission(
        bobs, state="evaluating", stage="public rows", started_at=timezone.now(), lease_until=lease
    )
    assert [step.state for step in of(submission).steps] == ["done", "done", "now", "ahead"]
    assert 'aria-current="step"' in read(bob, submission)


def test_one_that_ended_waits_for_nothing(world, bobs):
    assert of(world.submission(bobs, state="withdrawn")) is None


@pytest.mark.parametrize(("seconds", "words"), [
    (3, "less than a minute"), (70, "about 1 minute"), (400, "about 7 minutes"), (1300, "about 20 minutes"),
    (7300, "about 2 hours"),
])  # fmt: skip
def test_a_span_is_said_roughly(seconds, words):
    assert status.approximate_duration(timedelta(seconds=seconds)) == words
