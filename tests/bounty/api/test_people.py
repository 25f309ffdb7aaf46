"""Entering, teams, previews, moderators and organisers, each with the refusals."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from bounty.adjudication import judge
from bounty.exploration import preview
from bounty.models import Ban, Competition, Participation, Role, Submission, Team
from tests.bad_slice_table import table_with_a_bad_slice
from tests.bounty.api.script import pointers, problem


# --- entering ------------------------------------------------------------------------------------------------------
def test_mallory_enters_alone(script, competition, mallory):
    answer = script(mallory).post("/enter", {"accept_terms": True})
    assert answer.status_code == 200 and answer.json()["members"] == ["mallory"]
    assert Participation.objects.get(user=mallory).accepted_terms_at is not None


def test_entering_twice_changes_nothing(script, mallory):
    reader = script(mallory)
    first = reader.post("/enter", {"accept_terms": True, "team": "Solo"}).json()
    assert reader.post("/enter", {"accept_terms": True, "team": "Other"}).json() == first


def test_who_does_not_accept_the_terms_does_not_enter(script, mallory):
    told = problem(script(mallory).post("/enter", {"accept_terms": False, "team": "Solo"}), 422)
    assert pointers(told) == ["#/accept_terms"] and "accept the terms" in told["detail"]
    assert not Team.objects.exists() and not Participation.objects.exists()


def test_a_name_that_is_taken_is_refused_and_nothing_is_kept(script, bobs, mallory):
    told = problem(script(mallory).post("/enter", {"accept_terms": True, "team": bobs.name}), 409)
    assert "already here" in told["detail"]
    assert not Participation.objects.filter(user=mallory).exists()


def test_a_judge_does_not_enter(script, alice):
    problem(script(alice).post("/enter", {"accept_terms": True}), 403)


def test_mallory_joins_bobs_team_by_its_token(script, bob, bobs, mallory):
    token = script(bob).get("/team").json()["join_token"]
    told = script(mallory).post("/team/join", {"token": token, "accept_terms": True}).json()
    assert told["members"] == ["bob", "mallory"]


def test_joining_needs_the_terms_and_the_right_token(script, bobs, mallory):
    told = problem(script(mallory).post("/team/join", {"token": bobs.token}), 422)
    assert pointers(told) == ["#/accept_terms"]
    problem(script(mallory).post("/team/join", {"token": "guess", "accept_terms": True}), 404)
    assert bobs.members.count() == 1


def test_nobody_reads_the_token_of_another_team(script, bobs, charlie, charlies):
    told = script(charlie).get("/teams/bobs-builders").json()
    assert told["members"] == ["bob"] and bobs.token not in str(told)


def test_bob_renames_his_team_renews_its_link_and_leaves(script, bob, bobs):
    mine = script(bob)
    old = mine.get("/team").json()["join_token"]
    assert mine.ask("PATCH", "/team", {"name": "Fixers"}).json()["name"] == "Fixers"
    assert mine.post("/team/link").json()["join_token"] != old
    assert mine.ask("DELETE", "/team").json() == {"done": True}
    problem(mine.get("/team"), 404)


def test_the_last_member_does_not_leave_what_was_sent(script, world, bob, bobs):
    world.submission(bobs)
    assert "last member" in problem(script(bob).ask("DELETE", "/team"), 409)["detail"]


def test_a_team_needs_a_name(script, bob, bobs):
    assert pointers(problem(script(bob).ask("PATCH", "/team", {"name": " "}), 422)) == ["#/name"]


# --- looking -------------------------------------------------------------------------------------------------------
def test_a_group_is_looked_at_on_explore_rows(script, bob):
    told = script(bob).post("/preview", {"expression": "AGE < 6"}).json()
    assert told["of_rows"] == 400 and told["verdict"] == "worse"
    assert told["gap"]["low"] > 0 and told["inside"]["mean"] > told["outside"]["mean"]


def test_a_slip_in_an_expression_is_explained(script, bob):
    told = problem(script(bob).post("/preview", {"expression": "AEG < 6"}), 422)
    assert pointers(told) == ["#/expression"] and "AGE" in told["detail"]


def test_too_many_looks_are_too_many(script, bob, monkeypatch):
    monkeypatch.setattr(preview, "PREVIEWS", 2)
    reader = script(bob)
    statuses = [reader.post("/preview", {"expression": "AGE < 6"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


# --- moderating ----------------------------------------------------------------------------------------------------
@pytest.fixture
def moderator(competition, mallory, script, sent):
    Role.objects.create(competition=competition, user=mallory, kind="moderator")
    return script(mallory)


@pytest.fixture
def held(world, bobs):
    return world.submission(bobs, state="held", hold="held", hold_reason="first of its team")


def test_a_moderator_releases_once(moderator, held):
    assert moderator.post(f"/submissions/{held.pk}/release").status_code == 200
    assert "not held any more" in problem(moderator.post(f"/submissions/{held.pk}/release"), 409)["detail"]


def test_a_moderator_refuses_with_a_reason(moderator, held):
    told = moderator.post(f"/submissions/{held.pk}/refuse", {"reason": "A slur in the words."}).json()
    assert (told["state"], told["moderator_reason"]) == ("refused", "A slur in the words.")


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_refused(moderator, held, reason):
    told = problem(moderator.post(f"/submissions/{held.pk}/refuse", {"reason": reason}), 422)
    assert pointers(told) == ["#/reason"]
    assert Submission.objects.get(pk=held.pk).state == "held"


def test_bob_does_not_judge_himself(script, bob, bobs, held):
    problem(script(bob).post(f"/submissions/{held.pk}/release"), 403)
    assert Submission.objects.get(pk=held.pk).hold == "held"


def test_a_moderator_disqualifies_what_was_accepted(moderator, world, bobs):
    done = world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6")))
    judge.judge_submission(done.pk)
    told = moderator.post(f"/submissions/{done.pk}/disqualify", {"reason": "It was copied."}).json()
    assert told["state"] == "disqualified"
    assert moderator.get("/model").json()["version"] == 0


def test_a_moderator_excludes_and_forgives(moderator, bob, bobs):
    assert moderator.post("/bans", {"username": "bob", "reason": "Five accounts."}).status_code == 201
    assert [ban["username"] for ban in moderator.get("/bans").json()["items"]] == ["bob"]
    assert (
        "already" in problem(moderator.post("/bans", {"username": "bob", "reason": "Again."}), 409)["detail"]
    )
    assert moderator.ask("DELETE", "/bans/bob").json() == {"done": True}
    assert not Ban.objects.exists()


def test_nobody_is_excluded_who_does_not_exist(moderator):
    problem(moderator.post("/bans", {"username": "nobody", "reason": "Five accounts."}), 404)


# --- organising ----------------------------------------------------------------------------------------------------
def test_alice_pauses_and_resumes(script, alice, sent):
    mine = script(alice)
    assert mine.post("/phase", {"do": "pause"}).json()["status"] == "paused"
    assert "only one that is open" in problem(mine.post("/phase", {"do": "pause"}), 409)["detail"]
    assert mine.post("/phase", {"do": "resume"}).json()["status"] == "open"


def test_alice_closes_once_and_who_entered_is_told_as_by_the_button(script, alice, bob, bobs, sent):
    mine = script(alice)
    assert mine.post("/phase", {"do": "close"}).json()["status"] == "closed"
    assert "only an open or paused one" in problem(mine.post("/phase", {"do": "close"}), 409)["detail"]
    assert [notice.kind for notice in bob.notices.all()] == ["phase"]


def test_bob_neither_closes_nor_rolls_back_nor_invites(script, bob, bobs):
    for address, body in (
        ("/phase", {"do": "close"}),
        ("/rollback", {"version": 0, "reason": "Because."}),
        ("/invitations", {}),
    ):
        problem(script(bob).post(address, body), 403)
    assert Competition.objects.get().status == "open"


def test_alice_rolls_back(script, world, alice, bobs, sent):
    done = world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6")))
    judge.judge_submission(done.pk)
    mine = script(alice)
    told = problem(mine.post("/rollback", {"version": 7, "reason": "A slip."}), 422)
    assert pointers(told) == ["#/version"]
    assert mine.post("/rollback", {"version": 0, "reason": "A slip."}).json() == {"version": 0}


def test_alice_invites(script, alice, mallory, client):
    told = script(alice).post("/invitations", {"uses": 2, "note": "class"}).json()
    client.force_login(mallory)
    assert client.get(told["url"]).status_code == 200 and told["uses_left"] == 2


NEW = {"title": "Slices", "slug": "slices", "summary": "A slice is served badly.", "label": "outcome"}


def table(rows=3000):
    content = io.BytesIO()
    table_with_a_bad_slice(rows).to_csv(content, index=False)
    return SimpleUploadedFile("people.csv", content.getvalue())


def make(script, **fields):
    headers = {"Authorization": f"Bearer {script.token}"}
    return script.client.post("/api/v1/competitions", fields, headers=headers)


@pytest.fixture
def organiser(alice, script, sent):
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    return script(alice)


def test_alice_makes_a_competition_from_a_table(organiser, alice):
    answer = make(organiser, **NEW, table=table())
    assert answer.status_code == 201, answer.content
    told = answer.json()
    made = Competition.objects.get(slug=told["slug"])
    assert (told["status"], made.organiser) == ("draft", alice) and told["plan"]["sentences"]
    assert made.submissions_per_day == Competition._meta.get_field("submissions_per_day").default


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"title": ""}, "#/title", "required"),
        ({"label": "outcom"}, "#/table", "outcom"),
        ({"splits": "train=1"}, "#/splits", "practice"),
        ({"declared": "children = agee < 18"}, "#/declared", "Declared group “children”"),
        ({"declared": "children"}, "#/declared", "not of the form name = expression"),
        ({"delta": "2"}, "#/delta", "between 0 and 1"),
        ({"base_learner": "upload"}, "#/base_file", "Choose the base model"),
        ({"table": SimpleUploadedFile("people.csv", b"\x00\x01")}, "#/table", "no table"),
        ({"base_learner": "magic"}, "#/base_learner", "magic"),
        ({"colour": "red"}, "#/colour", "no such entry"),
    ],
)
def test_what_is_wrong_with_a_new_competition_is_said_and_nothing_is_kept(organiser, fields, pointer, words):
    before = Competition.objects.count()
    told = problem(make(organiser, **{**NEW, "table": table(600), **fields}), 422)
    assert pointer in pointers(told) and words in str(told["errors"])
    assert Competition.objects.count() == before


def test_bob_makes_no_competition(script, bob):
    problem(make(script(bob), **NEW, table=table(600)), 403)
