"""A person has few failures on practice rows: then a moderator looks, whatever team the code is sent in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.models import Competition, Participation, Submission, TeamMember
from bounty.moderation import decisions
from bounty.submissions import leases, practice_failures, status, submit
from bounty.submissions.submit import NewSubmission
from bounty.workers import sweep, tasks
from tests.evaluation_reports import report
from tests.new_submissions import file
from tests.world import new_team

State, Hold = Submission.State, Submission.Hold
MOST = 2


@pytest.fixture
def world(world):
    Competition.objects.update(rule_version=2, practice_failures_per_person=MOST)
    world.competition.refresh_from_db()
    return world


@pytest.fixture
def send(world, bobs, bob, sent, django_capture_on_commit_callbacks):
    """`send(code)`: a submission of Bob's with or without code, as it stands afterwards."""

    def one(*, code=True, team=None):
        world.competition.refresh_from_db()
        group = {"group_kind": "file", "group_file": file("g.py")} if code else {"expression": "AGE < 6"}
        with django_capture_on_commit_callbacks(execute=True):
            made = submit.create_submission(world.competition, team or bobs, bob, NewSubmission(**group))
        made.refresh_from_db()
        return made

    return one


@pytest.fixture
def fail(world, django_capture_on_commit_callbacks):
    """`fail(submission)`: it fails on practice rows, and the submission afterwards."""

    def one(submission, **changes):
        given = {"status": "crashed", "on_practice": True, "arrays": {}, "files": {}} | changes
        with django_capture_on_commit_callbacks(execute=True):
            tasks.evaluation_done(**report(world, submission, **given))
        submission.refresh_from_db()
        return submission

    return one


def orders(sent):
    return [arguments["order"]["submission"] for name, arguments, _ in sent if name == "evaluator.evaluate"]


def test_below_the_limit_code_is_run_as_ever(send, fail, sent):
    fail(send())
    second = send()
    assert (second.hold, second.awaits_order) == (Hold.NONE, False)
    assert str(second.pk) in orders(sent)


def test_at_the_limit_code_is_held_and_not_run(send, fail, sent):
    for _ in range(MOST):
        assert fail(send()).state == State.FAILED
    held = send()
    assert (held.state, held.hold, held.awaits_order) == (State.QUEUED, Hold.HELD, True)
    assert "2 submissions of yours failed on practice rows" in held.hold_reason
    assert str(held.pk) not in orders(sent)


def test_another_team_does_not_give_a_person_new_failures(world, send, fail, bob, bobs):
    for _ in range(MOST):
        fail(send())
    TeamMember.objects.filter(user=bob).delete()
    assert send(team=new_team(world.competition, bob, "Bob again")).hold == Hold.HELD


def test_groups_of_expressions_are_never_held_for_it(send, fail, sent):
    for _ in range(MOST):
        fail(send())
    free = send(code=False)
    assert free.hold == Hold.NONE
    assert str(free.pk) in orders(sent)


def test_failures_on_public_rows_do_not_count(send, fail):
    for _ in range(MOST + 1):
        fail(send(), on_practice=False)
    assert send().hold == Hold.NONE


def test_by_the_rule_of_2026_11_nothing_is_held_for_it(world, send, bobs):
    for _ in range(MOST):
        world.submission(bobs, state=State.FAILED, failed_on_practice_rows=True)
    Competition.objects.update(rule_version=1)
    assert send().hold == Hold.NONE


def test_no_more_run_at_once_than_may_still_fail(send, fail, sent):
    first, second, third = send(), send(), send()
    assert [each.awaits_order for each in (first, second, third)] == [False, False, True]
    assert "when other submissions of the same person" in status.progress_of(third, timezone.now()).sentence
    fail(first), fail(second)
    third.refresh_from_db()
    assert (third.hold, third.awaits_order) == (Hold.HELD, True)
    assert str(third.pk) not in orders(sent)


def test_what_waited_goes_on_as_soon_as_another_has_run(world, send, fail, sent):
    first, _second, third = send(), send(), send()
    fail(first, status="ok", on_practice=False, **evaluated(world, first))
    third.refresh_from_db()
    assert not third.awaits_order
    assert str(third.pk) in orders(sent)


def evaluated(world, submission):
    whole = report(world, submission)
    return {"arrays": {"mask": whole["arrays"]["mask"]}, "files": {}}


def test_a_moderator_s_release_has_it_run(world, alice, send, fail, sent, django_capture_on_commit_callbacks):
    for _ in range(MOST):
        fail(send())
    held = send()
    with django_capture_on_commit_callbacks(execute=True):
        decisions.release_submission(held, alice)
    held.refresh_from_db()
    assert (held.hold, held.awaits_order) == (Hold.RELEASED, False)
    assert str(held.pk) in orders(sent)


def test_the_clock_does_not_release_it(send, fail):
    for _ in range(MOST):
        fail(send())
    held = send()
    Submission.objects.update(held_at=timezone.now() - 2 * Submission.HELD_AT_MOST)
    sweep.release_overdue_holds(timezone.now())
    held.refresh_from_db()
    assert (held.hold, held.awaits_order) == (Hold.HELD, True)


def test_the_sweep_sends_what_was_left_behind(send, sent, django_capture_on_commit_callbacks):
    send(), send()
    third = send()
    Submission.objects.exclude(pk=third.pk).update(state=State.WITHDRAWN)
    with django_capture_on_commit_callbacks(execute=True):
        practice_failures.send_all_waiting(timezone.now() + timedelta(seconds=5))
    assert str(third.pk) in orders(sent)


def test_a_correction_of_the_table_sends_no_order_of_what_waits(world, send, sent):
    send(), send()
    third = send()
    assert third not in leases.restart_evaluations(world.competition, timezone.now())
    third.refresh_from_db()
    assert third.awaits_order


def test_dry_runs_after_the_close_count_as_well(world, bob, bobs):
    Participation.objects.filter(user=bob).update(failed_dry_runs=MOST)
    assert practice_failures.count_failures(world.competition, bob) == MOST
    assert practice_failures.hold_reason(world.competition, bob, "python", "none")
