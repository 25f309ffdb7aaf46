"""Nobody decides where their judgement could be doubted: not moderators, not organisers, not superusers."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from bounty.core.errors import Refusal
from bounty.models import Assignment, Conflict, Submission
from bounty.moderation import assignments, decisions
from bounty.permissions import conflicts
from tests.bounty.moderation.queue_pages import State, address, entry_of
from tests.pages import log_in


def still_held(submission: Submission) -> bool:
    submission.refresh_from_db()
    return submission.state == State.HELD


def test_a_moderator_without_a_conflict_may_decide(mona, bobs):
    assert conflicts.conflict_refusal(mona, bobs) == ""


def test_who_declared_a_conflict_decides_no_more_and_is_told_why(waiting, mona, bobs):
    assignments.declare_conflict(bobs, "My brother is on it.", mona)
    with pytest.raises(PermissionDenied, match="You declared a conflict"):
        decisions.release_submission(waiting, mona)
    assert still_held(waiting)


def test_who_is_on_a_team_with_a_member_elsewhere_does_not_decide(waiting, mona, teammates):
    teammates(mona)
    with pytest.raises(PermissionDenied, match="on a team with bob in another competition"):
        decisions.refuse_submission(waiting, "No.", mona)
    assert still_held(waiting)


def test_another_moderator_decides_instead(waiting, mona, max_, teammates):
    teammates(mona)
    decisions.release_submission(waiting, max_)
    waiting.refresh_from_db()
    assert waiting.hold == "released"


def test_a_superuser_with_a_conflict_decides_neither(waiting, mallory, teammates):
    mallory.is_superuser = True
    mallory.save()
    teammates(mallory)
    with pytest.raises(PermissionDenied, match="in another competition"):
        decisions.disqualify_submission(waiting, "No.", mallory)


def test_the_organiser_with_a_conflict_does_not_ban(waiting, alice, bob, teammates):
    teammates(alice)
    with pytest.raises(PermissionDenied, match="in another competition"):
        decisions.ban_person(waiting.competition, bob, "No.", alice)


def test_the_many_are_told_apart_as_the_one_is(competition, mona, bobs, charlies, teammates):
    teammates(mona)
    assignments.declare_conflict(charlies, "", mona)
    of_teams = conflicts.conflict_refusals(mona, competition)
    assert of_teams == {team.pk: conflicts.conflict_refusal(mona, team) for team in (bobs, charlies)}


def test_the_page_says_why_and_offers_no_button(waiting, mona, bobs):
    assignments.declare_conflict(bobs, "", mona)
    page = log_in(mona).get(address(waiting.competition, f"submissions/{waiting.pk}/")).content.decode()
    assert "You cannot decide about this one." in page and "You declared a conflict" in page
    assert 'value="release"' not in page and 'value="refuse"' not in page


def test_posting_all_the_same_is_refused_and_keeps_what_was_typed(waiting, mona, bobs):
    assignments.declare_conflict(bobs, "", mona)
    response = log_in(mona).post(
        address(waiting.competition, f"submissions/{waiting.pk}/"),
        {"do": "refuse", "reason": "I typed this."},
    )
    assert response.status_code == 403 and still_held(waiting)


def test_who_has_a_conflict_sees_no_notes_and_writes_none(waiting, mona, max_, bobs):
    assignments.add_note(entry_of(waiting), "Bob wrote to me.", max_)
    assignments.declare_conflict(bobs, "", mona)
    page = log_in(mona).get(address(waiting.competition, f"submissions/{waiting.pk}/")).content.decode()
    assert "Bob wrote to me." not in page
    with pytest.raises(PermissionDenied):
        assignments.add_note(entry_of(waiting), "Hm.", mona)


def test_an_item_is_not_given_to_who_has_a_conflict(waiting, mona, max_, bobs):
    assignments.declare_conflict(bobs, "", mona)
    with pytest.raises(Refusal, match="has a conflict"):
        assignments.assign_entry(entry_of(waiting), mona, max_)
    assert not Assignment.objects.exists()


def test_a_conflict_is_declared_on_the_page_once(competition, mona, bobs):
    client = log_in(mona)
    for _twice in range(2):
        client.post(address(competition, "conflicts/"), {"team": bobs.slug, "reason": "We are friends."})
    declared = Conflict.objects.get()
    assert (declared.user, declared.team, declared.reason) == (mona, bobs, "We are friends.")


def test_nobody_clears_their_own_conflict_and_an_organiser_can(competition, mona, alice, bobs):
    declared = assignments.declare_conflict(bobs, "", mona)
    response = log_in(mona).post(address(competition, "conflicts/"), {"take_back": declared.pk})
    assert response.status_code == 403 and Conflict.objects.exists()
    log_in(alice).post(address(competition, "conflicts/"), {"take_back": declared.pk})
    assert not Conflict.objects.exists()
