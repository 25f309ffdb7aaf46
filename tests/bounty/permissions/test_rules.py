"""Who may do what. Alice organises, Bob and Charlie compete, Mallory belongs nowhere."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from bounty.models import Ban, Competition, Conflict, Participation, Role, Submission
from bounty.permissions import rules
from tests.world import new_team, new_user

State, Status = Submission.State, Competition.Status


def fresh(user):
    """Permissions as the next request sees them."""
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def moderator(competition):
    user = new_user("mona")
    Role.objects.create(competition=competition, user=user, kind=Role.Kind.MODERATOR)
    return user


# --- the competition --------------------------------------------------------------------------------------------
def test_everybody_views_an_open_public_competition(competition, mallory):
    assert mallory.has_perm("bounty.view_competition", competition)
    assert AnonymousUser().has_perm("bounty.view_competition", competition)


def test_a_draft_is_seen_by_its_organiser_and_moderators_only(competition, alice, moderator, mallory):
    competition.status = Status.DRAFT
    competition.save()
    assert alice.has_perm("bounty.view_competition", competition)
    assert moderator.has_perm("bounty.view_competition", competition)
    assert not mallory.has_perm("bounty.view_competition", competition)


def test_a_competition_by_invitation_is_seen_by_the_invited_only(competition, mallory, charlie):
    competition.visibility = Competition.Visibility.INVITATION
    competition.save()
    Participation.objects.create(competition=competition, user=charlie, invited=True)
    assert charlie.has_perm("bounty.enter_competition", competition)
    assert not mallory.has_perm("bounty.view_competition", competition)
    assert not mallory.has_perm("bounty.enter_competition", competition)
    assert "invitation" in rules.entry_refusal(mallory, competition)


def test_a_visitor_who_is_not_logged_in_cannot_enter_or_submit(competition):
    visitor = AnonymousUser()
    assert not visitor.has_perm("bounty.enter_competition", competition)
    assert rules.submit_refusal(visitor, competition) == "Log in to submit."


def test_who_accepted_the_terms_may_submit(competition, bobs, bob):
    assert bob.has_perm("bounty.submit", competition)


def test_who_did_not_accept_the_terms_may_not_submit(competition, mallory):
    new_team(competition, mallory, "Mallory's", terms=False)
    assert not mallory.has_perm("bounty.submit", competition)
    assert "accept its terms" in rules.submit_refusal(mallory, competition)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.PAUSED, Status.CLOSED, Status.PREPARING])
def test_nothing_is_submitted_while_the_competition_is_not_open(competition, bobs, bob, status):
    competition.status = status
    competition.save()
    assert not bob.has_perm("bounty.submit", competition)


def test_a_banned_person_may_not_submit_and_reads_why(competition, bobs, bob, alice):
    Ban.objects.create(competition=competition, user=bob, reason="Two accounts.", created_by=alice)
    assert not bob.has_perm("bounty.submit", competition)
    assert rules.submit_refusal(bob, competition).endswith("Two accounts.")
    assert not bob.has_perm("bounty.enter_competition", competition)


def test_a_ban_counts_in_its_competition_only(make, competition, bob, alice):
    other = make().competition
    new_team(other, bob, "Bob elsewhere")
    Ban.objects.create(competition=competition, user=bob, reason="Two accounts.", created_by=alice)
    assert bob.has_perm("bounty.submit", other)


def test_neither_the_organiser_nor_a_moderator_competes_where_they_judge(competition, alice, moderator):
    for judge in (alice, moderator):
        new_team(competition, judge, judge.username)
        assert not judge.has_perm("bounty.submit", competition)
        assert not judge.has_perm("bounty.enter_competition", competition)
        assert "cannot compete" in rules.submit_refusal(judge, competition)


def test_somebody_on_a_team_does_not_moderate(competition, bobs, bob):
    Role.objects.create(competition=competition, user=bob, kind=Role.Kind.MODERATOR)
    assert not bob.has_perm("bounty.moderate", competition)
    assert "on a team" in rules.moderation_refusal(bob, competition)


def test_even_a_superuser_on_a_team_does_not_moderate(competition, bobs, bob):
    bob.is_superuser = True
    bob.save()
    assert "on a team" in rules.moderation_refusal(fresh(bob), competition)


def test_moderators_moderate_but_do_not_organise(competition, moderator, alice, mallory):
    assert moderator.has_perm("bounty.moderate", competition)
    assert not moderator.has_perm("bounty.organise", competition)
    assert alice.has_perm("bounty.organise", competition) and alice.has_perm("bounty.moderate", competition)
    assert not mallory.has_perm("bounty.moderate", competition)


def test_a_role_counts_in_its_competition_only(make, moderator):
    assert not moderator.has_perm("bounty.moderate", make().competition)


def test_a_second_organiser_organises_by_role(competition, charlie):
    Role.objects.create(competition=competition, user=charlie, kind=Role.Kind.ORGANISER)
    assert charlie.has_perm("bounty.organise", competition)


def test_a_deactivated_account_may_do_nothing(competition, bobs, bob):
    bob.is_active = False
    bob.save()
    assert not fresh(bob).has_perm("bounty.submit", competition)
    assert not fresh(bob).has_perm("bounty.see_submission", Submission(team=bobs, competition=competition))


def test_the_model_is_the_organisers_until_it_is_opened(competition, alice, bobs, bob, mallory):
    assert alice.has_perm("bounty.download_model", competition)
    assert not bob.has_perm("bounty.download_model", competition)
    competition.open_model = True
    competition.save()
    assert mallory.has_perm("bounty.download_model", competition)


def test_the_model_is_everybodys_after_the_close(competition, mallory):
    competition.status = Status.CLOSED
    competition.save()
    assert mallory.has_perm("bounty.download_model", competition)


def test_no_permission_is_held_without_an_object(alice):
    assert not alice.has_perm("bounty.submit")
    assert not alice.has_perm("bounty.see_submission")


# --- submissions ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", State.values)
def test_a_strangers_submission_is_shown_to_nobody_else_in_any_state(
    world, bobs, charlies, charlie, mallory, state
):
    submission = world.submission(bobs, state=state)
    for stranger in (charlie, mallory, AnonymousUser()):
        assert not stranger.has_perm("bounty.see_submission", submission)
        assert not stranger.has_perm("bounty.see_source", submission)
        assert not stranger.has_perm("bounty.withdraw_submission", submission)


def test_team_moderators_and_organisers_see_everything_of_a_submission(world, bobs, bob, alice, moderator):
    submission = world.submission(bobs)
    for person in (bob, alice, moderator):
        assert person.has_perm("bounty.see_submission", submission)
        assert person.has_perm("bounty.see_source", submission)


def test_a_moderator_of_another_competition_sees_nothing_of_it(make, bob, mallory):
    here, there = make(), make()
    Role.objects.create(competition=there.competition, user=mallory, kind=Role.Kind.MODERATOR)
    submission = here.submission(new_team(here.competition, bob, "Bob's"))
    assert not mallory.has_perm("bounty.see_submission", submission)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.CONFIRMED])
def test_what_was_accepted_is_summarised_to_everybody(world, bobs, mallory, state):
    assert mallory.has_perm("bounty.see_summary", world.submission(bobs, state=state))


@pytest.mark.parametrize(
    "state", [State.NOT_SHOWN, State.FAILED, State.HELD, State.REFUSED, State.DISQUALIFIED]
)
def test_what_was_not_accepted_is_summarised_to_nobody_else(world, bobs, mallory, state):
    assert not mallory.has_perm("bounty.see_summary", world.submission(bobs, state=state))


def test_accepted_sources_open_at_the_close_where_the_policy_shows_them(world, bobs, mallory):
    submission = world.submission(bobs, state=State.ACCEPTED)
    world.competition.status = Status.CLOSED
    world.competition.save()
    assert mallory.has_perm("bounty.see_source", submission)
    assert not mallory.has_perm("bounty.see_submission", submission)


def test_sources_stay_hidden_where_the_policy_says_so(world, bobs, mallory):
    submission = world.submission(bobs, state=State.ACCEPTED)
    world.competition.status, world.competition.show_sources = Status.CLOSED, False
    world.competition.save()
    assert not mallory.has_perm("bounty.see_source", submission)


def test_sources_that_were_not_accepted_never_open(world, bobs, mallory):
    submission = world.submission(bobs, state=State.NOT_SHOWN)
    world.competition.status = Status.CLOSED
    world.competition.save()
    assert not mallory.has_perm("bounty.see_source", submission)


def test_only_the_team_withdraws_and_only_while_it_runs(world, bobs, bob, alice):
    submission = world.submission(bobs)
    assert bob.has_perm("bounty.withdraw_submission", submission)
    assert not alice.has_perm("bounty.withdraw_submission", submission)
    submission.state = State.ACCEPTED
    assert not bob.has_perm("bounty.withdraw_submission", submission)


def test_teams_are_seen_by_who_may_view_the_competition(competition, bobs, mallory):
    assert mallory.has_perm("bounty.see_team", bobs)
    competition.visibility = Competition.Visibility.INVITATION
    competition.save()
    assert not mallory.has_perm("bounty.see_team", bobs)


def test_a_moderator_who_competes_sees_of_rivals_what_rivals_see(competition, bobs, charlies, charlie, world):
    Role.objects.create(competition=competition, user=charlie, kind=Role.Kind.MODERATOR)
    sent = world.submission(bobs)
    assert not charlie.has_perm("bounty.see_submission", sent)
    assert not charlie.has_perm("bounty.see_source", sent)
    assert charlie.has_perm("bounty.see_submission", world.submission(charlies))
    competition.rehearsal = True
    competition.save()
    assert fresh(charlie).has_perm("bounty.see_submission", Submission.objects.get(pk=sent.pk))


def test_a_moderator_with_a_conflict_does_not_read_the_team_s_code(competition, bobs, moderator, world):
    sent = world.submission(bobs)
    assert moderator.has_perm("bounty.see_source", sent)
    Conflict.objects.create(competition=competition, user=moderator, team=bobs)
    assert not fresh(moderator).has_perm("bounty.see_source", sent)
    assert fresh(moderator).has_perm("bounty.see_submission", sent)
