"""Appeals: once a decision, within 14 days, answered by somebody who did not take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone, translation

from bounty.adjudication import judge
from bounty.core.errors import Refusal
from bounty.models import Appeal, Ban, Notice, Submission
from bounty.moderation import appeals, assignments, decisions
from bounty.permissions import rules
from tests.bounty.moderation.queue_pages import CHILDREN, HELD, State, address
from tests.pages import log_in


@pytest.fixture
def refused(waiting, mona):
    decisions.refuse_submission(waiting, "It points at one family.", mona)
    waiting.refresh_from_db()
    return waiting


@pytest.fixture
def accepted(world, bobs):
    mask = world.mask(CHILDREN)
    submission = world.evaluated(bobs, mask, world.patch(mask), expression=CHILDREN)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED
    return Submission.objects.select_related("team", "competition").get(pk=submission.pk)


@pytest.fixture
def appeal(refused, bob):
    return appeals.file_appeal(refused, bob, "It selects 1,200 people.")


def page_of(submission: Submission) -> str:
    return f"{submission.get_absolute_url()}appeal/"


# --- appealing ----------------------------------------------------------------------------------------------------
def test_bob_appeals_on_his_page_and_those_who_may_answer_are_told(refused, bob, mona, max_, alice):
    assert "Send the appeal" in log_in(bob).get(page_of(refused)).content.decode()
    assert log_in(bob).post(page_of(refused), {"text": "It selects 1,200 people."}).status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.kind, appeal.decided_by, appeal.decision_reason) == (
        "refusal",
        mona,
        "It points at one family.",
    )
    assert set(Notice.objects.filter(kind="appeal").values_list("user", flat=True)) == {max_.pk, alice.pk}


def test_a_decision_is_appealed_against_once(appeal, refused, bob):
    with pytest.raises(Refusal, match="appealed already"):
        appeals.file_appeal(refused, bob, "Again.")


def test_how_long_an_appeal_was_possible_is_told_in_the_readers_language(competition, bob, mona):
    ban = Ban.objects.create(competition=competition, user=bob, created_by=mona, reason="No.")
    ban.created_at = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    assert appeals.ban_appeal_refusal(ban).endswith("until 15 January 2026.")
    with translation.override("es"), timezone.override("Europe/Madrid"):
        assert appeals.ban_appeal_refusal(ban).endswith("16 de enero de 2026.")


def test_an_appeal_comes_within_14_days(refused, bob):
    late = timezone.now() + timedelta(days=15)
    with pytest.raises(Refusal, match="for 14 days"):
        appeals.file_appeal(refused, bob, "Late.", now=late)


def test_an_appeal_says_something_and_not_too_much(refused, bob):
    client = log_in(bob)
    assert client.post(page_of(refused), {"text": " "}).status_code == 422
    long = client.post(page_of(refused), {"text": "y" * 4001})
    assert (
        long.status_code == 422
        and "4001 characters" in long.content.decode()
        and "yyyy" in long.content.decode()
    )
    assert not Appeal.objects.exists()


def test_only_the_team_appeals(refused, charlies, charlie, mallory, mona):
    for stranger in (charlie, mallory, mona):
        assert log_in(stranger).post(page_of(refused), {"text": "Hm."}).status_code == 404
        with pytest.raises(Refusal):
            appeals.file_appeal(refused, stranger, "Hm.")
    assert not Appeal.objects.exists()


def test_what_was_not_decided_against_is_not_appealed(waiting, bob):
    with pytest.raises(Refusal, match="Only a refusal"):
        appeals.file_appeal(waiting, bob, "Hm.")


# --- who answers --------------------------------------------------------------------------------------------------
def test_who_decided_does_not_answer(appeal, mona, max_):
    assert "somebody else has to answer" in appeals.answer_refusal(mona, appeal)
    with pytest.raises(PermissionDenied):
        appeals.answer_appeal(appeal, mona, overturn=False, text="I was right.")


def test_where_one_moderator_serves_the_organiser_answers(appeal, mona, alice):
    assert appeals.answerers(appeal) == {alice.pk}
    appeals.answer_appeal(appeal, alice, overturn=False, text="It does point at one family.")
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answered_by) == ("upheld", alice)


def test_where_nobody_else_serves_it_is_said(waiting, alice, bob):
    decisions.refuse_submission(waiting, "No.", alice)
    response = log_in(bob).post(page_of(waiting), {"text": "Why?"}, follow=True)
    assert "nobody who serves this competition could answer it yet" in response.content.decode()
    appeal = Appeal.objects.get()
    assert "the organiser has to add another moderator" in appeals.answer_refusal(alice, appeal)
    page = log_in(alice).get(address(waiting.competition, f"appeals/{appeal.pk}/")).content.decode()
    assert "You cannot answer this one." in page


def test_who_has_a_conflict_does_not_answer(appeal, max_, bobs):
    assignments.declare_conflict(bobs, "", max_)
    assert max_.pk not in appeals.answerers(appeal)
    with pytest.raises(PermissionDenied, match="declared a conflict"):
        appeals.answer_appeal(appeal, max_, overturn=True, text="Friends.")


def test_a_rival_who_is_a_superuser_does_not_answer(appeal, charlies, charlie):
    charlie.is_superuser = True
    charlie.save()
    with pytest.raises(PermissionDenied, match="on a team"):
        appeals.answer_appeal(appeal, charlie, overturn=False, text="No.")


# --- answers ------------------------------------------------------------------------------------------------------
def test_an_upheld_refusal_stays_and_the_team_reads_why(appeal, refused, max_, bob):
    at = address(refused.competition, f"appeals/{appeal.pk}/")
    assert log_in(max_).post(at, {"do": "uphold", "answer": ""}).status_code == 422
    assert log_in(max_).post(at, {"do": "uphold", "answer": "Four rows only."}).status_code == 302
    refused.refresh_from_db()
    assert refused.state == State.REFUSED
    assert "Four rows only." in log_in(bob).get(page_of(refused)).content.decode()
    assert Notice.objects.filter(user=bob, kind="appeal", body="Four rows only.").exists()


def test_an_overturned_refusal_is_judged_and_not_held_again(appeal, refused, max_):
    appeals.answer_appeal(appeal, max_, overturn=True, text="You are right.")
    refused.refresh_from_db()
    assert (refused.state, refused.hold, refused.moderator_reason) == (State.JUDGING, "released", "")
    judge.judge_submission(refused.pk)
    refused.refresh_from_db()
    assert refused.state == State.ACCEPTED


def test_an_overturned_refusal_that_was_never_evaluated_is_evaluated(world, bobs, bob, mona, max_, sent):
    submission = world.submission(bobs, state=State.EVALUATING, held_at=timezone.now(), **HELD)
    decisions.refuse_submission(submission, "No.", mona)
    appeals.answer_appeal(appeals.file_appeal(submission, bob, "Why?"), max_, overturn=True, text="Sorry.")
    submission.refresh_from_db()
    assert (submission.state, submission.attempt) == (State.QUEUED, 2)


def test_of_two_who_answer_one_wins(appeal, max_, alice):
    stale = Appeal.objects.get(pk=appeal.pk)
    appeals.answer_appeal(appeal, max_, overturn=True, text="Yes.")
    with pytest.raises(Refusal, match="answered already"):
        appeals.answer_appeal(stale, alice, overturn=False, text="No.")


def test_a_disqualification_that_is_taken_back_is_judged_again_and_the_chain_agrees(
    accepted, bob, mona, max_, capsys
):
    decisions.disqualify_submission(accepted, "Copied from a leak.", mona)
    assert accepted.competition.versions.filter(generation=2).count() == 1
    appeals.answer_appeal(
        appeals.file_appeal(accepted, bob, "It is ours."), max_, overturn=True, text="It is."
    )
    judge.judge_submission(accepted.pk)
    accepted.refresh_from_db()
    assert accepted.state == State.ACCEPTED
    competition = type(accepted.competition).objects.get(pk=accepted.competition_id)
    assert competition.head().submission == accepted
    call_command("verify_ledger", competition.slug)


def test_after_the_close_an_appeal_clears_the_name_and_judges_nothing(appeal, refused, max_):
    competition = refused.competition
    competition.status = "closed"
    competition.save()
    appeal.competition.refresh_from_db()
    assert "clears the team's name" in appeals.describe_overturning(appeal)
    appeals.answer_appeal(appeal, max_, overturn=True, text="You were right.")
    refused.refresh_from_db()
    assert refused.state == State.REFUSED


def test_a_banned_person_appeals_and_is_let_in_again(competition, bobs, bob, mona, max_):
    decisions.ban_person(competition, bob, "Two accounts.", mona)
    client = log_in(bob)
    at = f"/c/{competition.slug}/appeal/"
    assert "Two accounts." in client.get(at).content.decode()
    client.post(at, {"text": "My sister has the other one."})
    assert client.post(at, {"text": "Again."}).status_code == 422
    appeals.answer_appeal(Appeal.objects.get(), max_, overturn=True, text="Sorry.")
    assert not Ban.objects.exists() and not rules.submit_refusal(bob, competition)
    assert "Sorry." in client.get(at).content.decode()


def test_who_is_not_banned_has_no_such_page(competition, mallory):
    assert log_in(mallory).get(f"/c/{competition.slug}/appeal/").status_code == 404
