"""Release, refuse, disqualify, ban: once each, by who may, with a reason, in the audit trail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bounty.adjudication import judge
from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, Role, Submission
from bounty.moderation import decisions, submission_preview
from bounty.permissions import rules
from bounty.submissions import leases, submit
from tests.world import new_team, new_user

State, Hold = Submission.State, Submission.Hold
CHILDREN = "AGE < 6"
HELD = {"hold": Hold.HELD, "hold_reason": "A moderator looks at every submission here."}


@pytest.fixture
def mona(competition):
    user = new_user("mona")
    Role.objects.create(competition=competition, user=user, kind=Role.Kind.MODERATOR)
    return user


@pytest.fixture
def waiting(world, bobs):
    """Evaluated and held."""
    mask = world.mask(CHILDREN)
    return world.evaluated(
        bobs, mask, world.patch(mask), expression=CHILDREN, state=State.HELD, held_at=timezone.now(), **HELD
    )


def entries(instance):
    return LogEntry.objects.get_for_object(instance).filter(actor__isnull=False)


# --- release ----------------------------------------------------------------------------------------------------
def test_a_released_submission_is_judged_once_it_is_committed(
    waiting, mona, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        decisions.release_submission(waiting, mona)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.hold) == (State.JUDGING, Hold.RELEASED)
    assert sent[0] == ("bounty.judge", {"submission": str(waiting.pk)}, "adjudicate")


def test_hold_then_release_ends_in_a_verdict(waiting, mona):
    assert not judge.judge_submission(waiting.pk)
    decisions.release_submission(waiting, mona)
    judge.judge_submission(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == State.ACCEPTED


def test_what_is_released_before_it_was_evaluated_goes_on_by_itself(world, bobs, mona, sent):
    submission = world.submission(bobs, state=State.EVALUATING, held_at=timezone.now(), **HELD)
    decisions.release_submission(submission, mona)
    submission.refresh_from_db()
    assert (submission.state, submission.hold) == (State.EVALUATING, Hold.RELEASED)
    assert leases.finish_evaluation(submission, 1, timezone.now())
    assert submission.state == State.JUDGING


def test_of_two_moderators_one_releases(waiting, mona, alice):
    decisions.release_submission(Submission.objects.get(pk=waiting.pk), alice)
    with pytest.raises(Refusal, match="not held any more"):
        decisions.release_submission(waiting, mona)
    assert entries(waiting).count() == 1


def test_a_release_is_logged_with_who(waiting, mona):
    decisions.release_submission(waiting, mona)
    entry = entries(waiting).get()
    assert entry.actor == mona and entry.changes == {"hold": ["held", "released"]}


# --- refuse -----------------------------------------------------------------------------------------------------
def test_a_refusal_ends_it_with_a_reason_that_the_team_reads(waiting, mona):
    decisions.refuse_submission(waiting, " It points at one family. ", mona)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.moderator_reason) == (State.REFUSED, "It points at one family.")
    entry = entries(waiting).get()
    assert entry.additional_data == {"reason": "It points at one family."} and entry.actor == mona


def test_a_refused_submission_is_never_judged(waiting, mona):
    decisions.refuse_submission(waiting, "No.", mona)
    assert not judge.judge_submission(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == State.REFUSED


def test_a_refusal_needs_a_reason(waiting, mona):
    with pytest.raises(Refusal, match="Say why"):
        decisions.refuse_submission(waiting, "  ", mona)
    waiting.refresh_from_db()
    assert waiting.state == State.HELD


def test_what_is_not_held_cannot_be_refused(world, bobs, mona):
    submission = world.submission(bobs)
    with pytest.raises(Refusal, match="not held"):
        decisions.refuse_submission(submission, "No.", mona)


def test_what_is_being_judged_cannot_be_refused_any_more(waiting, mona):
    Submission.objects.filter(pk=waiting.pk).update(state=State.JUDGING)
    with pytest.raises(Refusal):
        decisions.refuse_submission(waiting, "No.", mona)


# --- who --------------------------------------------------------------------------------------------------------
def test_mallory_decides_nothing(waiting, mallory, bobs, bob):
    for decision in (
        lambda: decisions.release_submission(waiting, mallory),
        lambda: decisions.refuse_submission(waiting, "No.", mallory),
        lambda: decisions.disqualify_submission(waiting, "No.", mallory),
        lambda: decisions.ban_person(waiting.competition, bob, "No.", mallory),
    ):
        with pytest.raises(PermissionDenied):
            decision()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.hold) == (State.HELD, Hold.HELD)
    assert not LogEntry.objects.filter(actor=mallory).exists()


def test_nobody_releases_a_submission_of_their_own_team(waiting, bob):
    Role.objects.create(competition=waiting.competition, user=bob, kind=Role.Kind.MODERATOR)
    with pytest.raises(PermissionDenied, match="on a team"):
        decisions.release_submission(waiting, bob)


def test_a_superuser_who_competes_judges_no_rival(waiting, charlies, charlie):
    charlie.is_superuser = True
    charlie.save()
    with pytest.raises(PermissionDenied, match="on a team"):
        decisions.refuse_submission(waiting, "A rival.", charlie)


def test_a_moderator_who_submits_is_refused(world, mona):
    team = new_team(world.competition, mona, "Mona's")
    with pytest.raises(Refusal, match="cannot compete"):
        submit.create_submission(world.competition, team, mona, submit.NewSubmission(expression=CHILDREN))


# --- disqualify -------------------------------------------------------------------------------------------------
def test_a_disqualified_patch_leaves_the_model(world, bobs, mona):
    mask = world.mask(CHILDREN)
    submission = world.evaluated(bobs, mask, world.patch(mask), expression=CHILDREN)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED

    decisions.disqualify_submission(submission, "Copied from a leak.", mona)
    submission.refresh_from_db()
    competition = Competition.objects.get(pk=world.competition.pk)
    assert (submission.state, submission.moderator_reason) == (State.DISQUALIFIED, "Copied from a leak.")
    assert competition.head().number == 0 and competition.generation == 2
    entry = entries(submission).get(changes__state__1=State.DISQUALIFIED)
    assert entry.additional_data == {"reason": "Copied from a leak."}


def test_what_was_never_judged_cannot_be_disqualified(waiting, mona):
    with pytest.raises(Refusal, match="only what was judged"):
        decisions.disqualify_submission(waiting, "No.", mona)


def test_a_disqualification_needs_a_reason(world, bobs, mona):
    submission = world.submission(bobs, state=State.ACCEPTED)
    with pytest.raises(Refusal, match="Say why"):
        decisions.disqualify_submission(submission, "", mona)


# --- ban --------------------------------------------------------------------------------------------------------
def test_a_ban_stops_submitting_and_is_logged_once(competition, bobs, bob, mona):
    made = decisions.ban_person(competition, bob, "Two accounts.", mona)
    assert rules.submit_refusal(bob, competition).endswith("Two accounts.")
    entry = LogEntry.objects.get_for_object(made).get()
    assert entry.actor == mona and entry.additional_data == {"reason": "Two accounts."}


def test_nobody_is_banned_twice(competition, bob, mona):
    decisions.ban_person(competition, bob, "Two accounts.", mona)
    with pytest.raises(Refusal, match="banned already"):
        decisions.ban_person(competition, bob, "Again.", mona)


def test_a_judge_is_not_banned(competition, alice, mona):
    with pytest.raises(Refusal, match="take the role away"):
        decisions.ban_person(competition, alice, "A quarrel.", mona)


def test_a_lifted_ban_is_logged_too(competition, bobs, bob, mona):
    made = decisions.ban_person(competition, bob, "Two accounts.", mona)
    decisions.lift_ban(made, mona)
    assert not Ban.objects.exists()
    assert not rules.submit_refusal(bob, competition)
    assert LogEntry.objects.filter(action=LogEntry.Action.DELETE, actor=mona).exists()


# --- what a moderator reads -------------------------------------------------------------------------------------
def test_numbers_at_a_glance(waiting, world, bobs, mona, clock):
    now = clock.now
    world.submission(bobs, state=State.REFUSED)
    Submission.objects.filter(pk=waiting.pk).update(held_at=now - timedelta(hours=3))
    other = world.submission(bobs, state=State.EVALUATING, held_at=now, **HELD)
    decisions.release_submission(other, mona)
    numbers = decisions.count_queue(Submission.objects.all(), now)
    assert (numbers["held"], numbers["released_today"], numbers["refused"]) == (1, 1, 1)
    assert numbers["oldest"] == now - timedelta(hours=3)


def test_the_panel_counts_public_rows_only(waiting, world):
    selection = submission_preview.preview_selection(waiting)
    public = world.layout.public
    assert (selection.rows, selection.of_rows) == (int(world.mask(CHILDREN)[:public].sum()), public)
    ages = [float(row[selection.columns.index("AGE")]) for row in selection.examples]
    assert 0 < len(ages) <= submission_preview.EXAMPLES and max(ages) < 6


def test_an_expression_can_be_looked_at_before_it_was_evaluated(world, bobs):
    assert submission_preview.preview_selection(world.submission(bobs, expression=CHILDREN)).rows > 0


def test_a_group_that_only_code_knows_says_so_until_it_was_run(world, bobs):
    assert (
        submission_preview.preview_selection(world.submission(bobs, group_kind="python", expression=""))
        is None
    )
