"""The order of certification queries: the best chance first, of equal ones what was sent first, none after a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.adjudication import query_order
from bounty.models import LedgerQuery, Submission, Team
from bounty.workers import tasks
from tests.world import CHILDREN, OLD_WOMEN, World, new_team

State = Submission.State
NOW = timezone.now()


@pytest.fixture
def world(make, sent) -> World:
    return make(rule_version=2, fixed_blocks=2, noise_scale=0.0, gate_chance=0.5)


@pytest.fixture
def bobs(world, bob) -> Team:
    return new_team(world.competition, bob, "Bobs")


@pytest.fixture
def charlies(world, charlie) -> Team:
    return new_team(world.competition, charlie, "Charlies")


def state_of(submission: Submission) -> tuple[str, bool]:
    """The state, and whether it waits for its query."""
    submission.refresh_from_db()
    return submission.state, submission.query_waits_since is not None


def sent_for(sent) -> list[str]:
    return [arguments["submission"] for name, arguments, _ in sent if name == "bounty.judge"]


def judge(submission: Submission, capture) -> None:
    """What the worker does with its message, up to what is sent on commit."""
    with capture(execute=True):
        tasks.judge_submission(str(submission.pk))


def test_who_waits_alone_asks_at_once(world, bobs, django_capture_on_commit_callbacks):
    submission = world.good_patch(bobs)
    judge(submission, django_capture_on_commit_callbacks)
    assert state_of(submission) == (State.ACCEPTED, False)


def test_of_two_the_better_chance_asks_first(world, bobs, charlies, sent, django_capture_on_commit_callbacks):
    weak = world.evaluated(bobs, OLD_WOMEN, world.patch(world.mask(OLD_WOMEN), right=0.5))
    strong = world.good_patch(charlies)
    judge(weak, django_capture_on_commit_callbacks)
    assert state_of(weak) == (State.JUDGING, True) and not LedgerQuery.objects.exists()
    judge(strong, django_capture_on_commit_callbacks)
    assert state_of(strong)[0] == State.ACCEPTED
    assert weak.query_chance < LedgerQuery.objects.get().chance
    assert sent_for(sent)[-1] == str(weak.pk), "and then it is the other's turn"
    judge(weak, django_capture_on_commit_callbacks)
    assert state_of(weak)[0] != State.JUDGING
    assert LedgerQuery.objects.get(number=1).submission == strong


def test_of_equal_chances_what_was_sent_first_asks_first(world, bobs, charlies):
    first, second = world.good_patch(bobs), world.good_patch(charlies)
    for submission in (second, first):
        Submission.objects.filter(pk=submission.pk).update(query_chance=0.9, query_waits_since=NOW)
    assert query_order.next_to_ask(world.competition, NOW) == first
    Submission.objects.filter(pk=second.pk).update(query_chance=0.95)
    assert query_order.next_to_ask(world.competition, NOW) == second


def test_nobody_is_asked_while_others_may_still_come_before(world, bobs, charlies):
    waiting = world.good_patch(bobs)
    Submission.objects.filter(pk=waiting.pk).update(query_chance=0.9, query_waits_since=NOW)
    world.good_patch(charlies)
    assert query_order.next_to_ask(world.competition, NOW) is None


def test_after_a_day_it_goes_before_all_others(world, bobs, charlies):
    old, strong = world.good_patch(bobs), world.good_patch(charlies)
    Submission.objects.filter(pk=strong.pk).update(query_chance=0.97, query_waits_since=NOW)
    Submission.objects.filter(pk=old.pk).update(
        query_chance=0.7, query_waits_since=NOW - timedelta(days=1, minutes=1)
    )
    world.good_patch(charlies)  # whose chance nobody knows yet
    assert query_order.next_to_ask(world.competition, NOW) == old


def test_what_does_not_pass_the_gate_is_told_at_once(
    world, bobs, charlies, django_capture_on_commit_callbacks
):
    bad = world.evaluated(bobs, CHILDREN, world.patch(world.mask(CHILDREN), right=0.1))
    world.good_patch(charlies)
    judge(bad, django_capture_on_commit_callbacks)
    assert state_of(bad) == (State.NOT_SHOWN, False)


def test_a_waiting_one_is_sent_for_where_the_others_went_away(
    world, bobs, charlies, sent, django_capture_on_commit_callbacks
):
    waiting, other = world.good_patch(bobs), world.good_patch(charlies, OLD_WOMEN)
    judge(waiting, django_capture_on_commit_callbacks)
    assert state_of(waiting) == (State.JUDGING, True)
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        query_order.send_waiting(NOW)
    assert sent_for(sent) == []
    Submission.objects.filter(pk=other.pk).update(state=State.ERROR)
    with django_capture_on_commit_callbacks(execute=True):
        query_order.send_waiting(NOW)
    assert sent_for(sent) == [str(waiting.pk)]


def test_its_lease_lasts_as_long_as_it_may_wait(world, bobs, charlies, django_capture_on_commit_callbacks):
    waiting = world.good_patch(bobs)
    world.good_patch(charlies)
    judge(waiting, django_capture_on_commit_callbacks)
    waiting.refresh_from_db()
    assert waiting.lease_until - waiting.query_waits_since == query_order.LONGEST_WAIT


def test_the_rule_of_2026_11_asks_in_order_of_judging(
    make, bob, charlie, sent, django_capture_on_commit_callbacks
):
    world = make(rule_version=1)
    bobs, charlies = (new_team(world.competition, who, who.username) for who in (bob, charlie))
    first = world.good_patch(bobs)
    world.good_patch(charlies)
    judge(first, django_capture_on_commit_callbacks)
    assert state_of(first) == (State.ACCEPTED, False)
