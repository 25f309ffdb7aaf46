"""Orders that the broker lost are sent again; submissions and dry runs that share a queue are told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.core import queue
from bounty.dry_runs import cleanup
from bounty.models import DryRun
from bounty.workers import sweep

LATER = timedelta(minutes=10)


@pytest.fixture
def tried(world, bob):
    """`tried()`: a dry run of Bob's that waits for a worker."""

    def one(**fields):
        given = {"group_kind": "expression", "expression": "AGE < 6", "patch_kind": "none"} | fields
        return DryRun.objects.create(
            competition=world.competition, author=bob, queued_at=timezone.now(), **given
        )

    return one


@pytest.fixture
def again(monkeypatch, sent, django_capture_on_commit_callbacks):
    """`again(2)`: what the sweep sends where two messages wait on every queue, by the purpose of each."""

    def look(messages):
        monkeypatch.setattr(queue, "count_messages", lambda queue: messages)
        sent.clear()
        monkeypatch.setattr(
            "bounty.dry_runs.start._send_order", lambda order, queue: sent.append(("dry", order, queue))
        )
        with django_capture_on_commit_callbacks(execute=True):
            sweep.resend_lost_orders(timezone.now() + LATER)
            cleanup.clean_up_dry_runs(timezone.now() + LATER)
        return ["dry run" if name == "dry" else "submission" for name, _, _ in sent]

    return look


def test_nothing_is_sent_while_everything_waits(world, bobs, tried, again):
    world.submission(bobs, patch_kind="none")
    tried()
    assert again(2) == []


def test_dry_runs_that_wait_do_not_hide_a_lost_submission(world, bobs, tried, again):
    world.submission(bobs, patch_kind="none")
    tried()
    tried()
    assert "submission" in again(2)


def test_submissions_that_wait_do_not_hide_a_lost_dry_run(world, bobs, tried, again):
    world.submission(bobs, patch_kind="none")
    world.submission(bobs, patch_kind="none")
    tried()
    assert "dry run" in again(2)


def test_another_queue_s_dry_runs_count_for_nothing(world, bobs, tried, again):
    world.submission(bobs, patch_kind="none")
    tried(wants_gpu=True)
    assert again(1) == []


def test_a_broker_that_is_away_is_asked_again_later(world, bobs, tried, again):
    world.submission(bobs, patch_kind="none")
    tried()
    assert again(None) == []


def test_what_was_sent_again_is_given_time(tried, again):
    run = tried()
    assert again(0) == ["dry run"]
    run.refresh_from_db()
    assert run.queued_at > timezone.now()
