"""Entering, teams, links that let people in."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.adjudication import judge
from bounty.models import Competition, Invitation, Participation, Team, TeamMember
from tests.pages import log_in


def page(competition, name: str) -> str:
    return f"/c/{competition.slug}/{name}"


# --- entering ------------------------------------------------------------------------------------------------------
def test_bob_accepts_the_terms_and_takes_part_alone(competition, bob):
    response = log_in(bob).post(page(competition, "enter/"), {"accepted": "on", "how": "alone"})
    assert response.status_code == 302
    assert response.url == page(competition, "submit/")
    assert Team.objects.get(members__user=bob).name == "bob"
    assert Participation.objects.get(user=bob).accepted_terms_at is not None


def test_bob_makes_a_team_with_a_name(competition, bob):
    log_in(bob).post(page(competition, "enter/"), {"accepted": "on", "how": "team", "name": "Homeroom 9"})
    assert Team.objects.get(members__user=bob).slug == "homeroom-9"


def test_without_the_terms_nothing_is_written(competition, bob):
    response = log_in(bob).post(page(competition, "enter/"), {"how": "team", "name": "Homeroom 9"})
    assert response.status_code == 422
    assert "Please accept the terms" in response.content.decode()
    assert "Homeroom 9" in response.content.decode()
    assert not Team.objects.exists()
    assert not Participation.objects.exists()


def test_a_taken_team_name_is_refused_beside_its_field(competition, bobs, charlie):
    data = {"accepted": "on", "how": "team", "name": "Bob's Builders"}
    response = log_in(charlie).post(page(competition, "enter/"), data)
    assert response.status_code == 422
    assert "choose another name" in response.content.decode()
    assert not Participation.objects.filter(user=charlie).exists()


def test_a_solo_team_gets_a_number_where_its_name_is_taken(competition, bob, charlie):
    team = Team.objects.create(competition=competition, name="bob", slug="bob")
    TeamMember.objects.create(team=team, competition=competition, user=charlie)
    log_in(bob).post(page(competition, "enter/"), {"accepted": "on", "how": "alone"})
    assert Team.objects.get(members__user=bob).name == "bob 2"


def test_alice_who_organises_cannot_compete(competition, alice):
    response = log_in(alice).post(page(competition, "enter/"), {"accepted": "on", "how": "alone"})
    assert "cannot compete" in response.content.decode()
    assert not Team.objects.exists()


def test_a_visitor_is_sent_to_the_log_in(client, competition):
    response = client.get(page(competition, "enter/"))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=")


def test_terms_are_shown_without_their_scripts(competition, bob):
    competition.terms = "**Be kind** <script>alert(1)</script>"
    competition.save()
    text = log_in(bob).get(page(competition, "enter/")).content.decode()
    assert "<strong>Be kind</strong>" in text
    assert "<script>alert" not in text


# --- one's own team ------------------------------------------------------------------------------------------------
def test_bob_without_a_team_is_shown_the_way_in(competition, bob):
    response = log_in(bob).get(page(competition, "team/"))
    assert response.url == page(competition, "enter/")


def test_bob_renames_his_team_and_its_address_stays(competition, bob, bobs):
    log_in(bob).post(page(competition, "team/"), {"do": "rename", "name": "The  Builders"})
    bobs.refresh_from_db()
    assert (bobs.name, bobs.slug) == ("The Builders", "bobs-builders")


def test_a_team_cannot_take_another_teams_name(competition, bob, bobs, charlies):
    client = log_in(bob)
    response = client.post(page(competition, "team/"), {"do": "rename", "name": charlies.name}, follow=True)
    bobs.refresh_from_db()
    assert bobs.name == "Bob's Builders"
    assert "choose another name" in response.content.decode()


def test_charlie_joins_bobs_team_by_its_link(competition, bobs, charlie):
    response = log_in(charlie).post(page(competition, f"join/{bobs.token}/"), {"accepted": "on"})
    assert response.url == page(competition, "team/")
    assert bobs.members.filter(user=charlie).exists()


def test_opening_a_join_link_changes_nothing(competition, bobs, charlie):
    response = log_in(charlie).get(page(competition, f"join/{bobs.token}/"))
    assert "Join Bob&#x27;s Builders?" in response.content.decode()
    assert not bobs.members.filter(user=charlie).exists()


def test_joining_asks_for_the_terms(competition, bobs, charlie):
    response = log_in(charlie).post(page(competition, f"join/{bobs.token}/"))
    assert response.status_code == 422
    assert not bobs.members.filter(user=charlie).exists()


def test_a_renewed_link_shuts_the_old_one(competition, bob, bobs, charlie):
    old = bobs.token
    log_in(bob).post(page(competition, "team/"), {"do": "renew"})
    assert log_in(charlie).get(page(competition, f"join/{old}/")).status_code == 404


def test_one_team_a_person_a_competition(world, bobs, charlie, charlies):
    world.submission(charlies)
    response = log_in(charlie).post(page(world.competition, f"join/{bobs.token}/"))
    assert "Leave it first" in response.content.decode()
    assert TeamMember.objects.get(user=charlie).team == charlies


def test_somebody_alone_who_sent_nothing_moves_over(competition, bobs, charlie, charlies):
    log_in(charlie).post(page(competition, f"join/{bobs.token}/"))
    assert TeamMember.objects.get(user=charlie).team == bobs
    assert not Team.objects.filter(pk=charlies.pk).exists()


def test_charlie_leaves_and_what_was_sent_stays(world, bobs, charlie):
    TeamMember.objects.create(team=bobs, competition=world.competition, user=charlie)
    sent = world.submission(bobs)
    log_in(charlie).post(page(world.competition, "team/"), {"do": "leave"})
    assert not TeamMember.objects.filter(user=charlie).exists()
    sent.refresh_from_db()
    assert sent.team == bobs


def test_the_last_member_stays_with_what_was_sent(world, bob, bobs):
    world.submission(bobs)
    response = log_in(bob).post(page(world.competition, "team/"), {"do": "leave"}, follow=True)
    assert "last member" in response.content.decode()
    assert bobs.members.filter(user=bob).exists()


def test_an_empty_team_frees_its_name(competition, bob, bobs):
    log_in(bob).post(page(competition, "team/"), {"do": "leave"})
    assert not Team.objects.exists()


# --- a team's page ---------------------------------------------------------------------------------------------------
def test_strangers_see_a_teams_accepted_ones_only(client, world, bobs):
    world.submission(bobs, state="accepted", words="small children")
    world.submission(bobs, state="not_shown", words="a secret idea")
    text = client.get(bobs.get_absolute_url()).content.decode()
    assert "small children" in text
    assert "a secret idea" not in text


def test_members_see_all_that_their_team_sent(world, bob, bobs):
    world.submission(bobs, state="not_shown", words="a secret idea")
    assert "a secret idea" in log_in(bob).get(bobs.get_absolute_url()).content.decode()


def test_only_members_see_the_join_link(client, competition, bob, bobs, charlie):
    assert bobs.token not in client.get(bobs.get_absolute_url()).content.decode()
    assert bobs.token in log_in(bob).get(page(competition, "team/")).content.decode()


def test_a_teams_own_model_is_drawn_from_the_base_model_on(client, world, bobs):
    mask = world.mask("AGE < 6")
    judge.judge_submission(world.evaluated(bobs, "AGE < 6", world.patch(mask, right=0.95)).pk)
    text = client.get(bobs.get_absolute_url()).content.decode()
    assert "<svg" in text and "the base model" in text
    assert "version 0 to 1: from " in text


def test_a_teams_own_model_stays_where_another_teams_patch_was_disqualified(client, world, bobs):
    mask = world.mask("AGE < 6")
    judge.judge_submission(world.evaluated(bobs, "AGE < 6", world.patch(mask, right=0.95)).pk)
    world.competition.versions.update(generation=2)
    type(world.competition).objects.filter(pk=world.competition.pk).update(generation=2)
    assert "version 0 to 1: from " in client.get(bobs.get_absolute_url()).content.decode()


# --- invitations -----------------------------------------------------------------------------------------------------
@pytest.fixture
def private(make) -> Competition:
    return make(visibility="invitation").competition


def test_a_private_competition_does_not_exist_for_mallory(private, mallory):
    client = log_in(mallory)
    for name in ("", "enter/", "submit/", "submissions/", "team/"):
        assert client.get(page(private, name)).status_code == 404


def test_bob_comes_in_by_an_invitation(private, bob):
    link = Invitation.objects.create(competition=private)
    client = log_in(bob)
    assert private.title in client.get(link.get_absolute_url()).content.decode()
    assert client.post(link.get_absolute_url()).url == page(private, "enter/")
    link.refresh_from_db()
    assert link.uses_left == 0
    assert client.get(page(private, "enter/")).status_code == 200


def test_opening_an_invitation_does_not_use_it_up(private, bob):
    link = Invitation.objects.create(competition=private)
    log_in(bob).get(link.get_absolute_url())
    link.refresh_from_db()
    assert link.uses_left == 1


def test_a_used_up_invitation_lets_nobody_in(private, bob, mallory):
    link = Invitation.objects.create(competition=private)
    log_in(bob).post(link.get_absolute_url())
    response = log_in(mallory).post(link.get_absolute_url())
    assert "used up" in response.content.decode()
    assert not Participation.objects.filter(user=mallory).exists()


def test_taking_an_invitation_up_twice_uses_it_once(private, bob):
    link = Invitation.objects.create(competition=private, uses_left=2)
    client = log_in(bob)
    client.post(link.get_absolute_url())
    client.post(link.get_absolute_url())
    link.refresh_from_db()
    assert link.uses_left == 1


def test_a_team_link_does_not_let_the_uninvited_in(private, bob, mallory):
    Participation.objects.create(competition=private, user=bob, invited=True)
    log_in(bob).post(page(private, "enter/"), {"accepted": "on", "how": "alone"})
    token = Team.objects.get().token
    assert log_in(mallory).get(page(private, f"join/{token}/")).status_code == 404


# --- changes need a token ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["enter/", "team/", "submit/", "preview/"])
def test_a_post_without_the_csrf_token_is_refused(competition, bob, bobs, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    assert client.post(page(competition, name), {"do": "leave"}).status_code == 403
