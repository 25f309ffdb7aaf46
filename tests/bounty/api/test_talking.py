"""Discussions, write-ups, reports of abuse, notices, web hooks and people's pages through the API."""

from __future__ import annotations

import pytest

from bounty.models import ApiToken, Role
from bounty.notifications import notify_users
from tests.bounty.api.script import pointers, problem


@pytest.fixture
def thread(script, bob, bobs):
    body = {"kind": "question", "title": "Why so few?", "text": "I find 12 old people."}
    return script(bob).post("/threads", body).json()["thread"]["id"]


def test_a_question_is_asked_answered_and_the_answer_accepted(script, bob, charlie, thread):
    post = script(charlie).post(f"/threads/{thread}/posts", {"text": "They were asked by mail."}).json()
    problem(script(charlie).ask("PUT", f"/threads/{thread}/accepted", {"post": post["id"]}), 403)
    told = script(bob).ask("PUT", f"/threads/{thread}/accepted", {"post": post["id"]}).json()
    assert (told["accepted"], told["replies"]) == (post["id"], 1)
    assert [one["number"] for one in script().get(f"/threads/{thread}/posts").json()["items"]] == [1, 2]


def test_a_thread_comes_in_parts_from_its_first_post(script, charlie, thread):
    script(charlie).post(f"/threads/{thread}/posts", {"text": "Two."})
    first = script().get(f"/threads/{thread}/posts?limit=1").json()
    rest = script().get(f"/threads/{thread}/posts?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["number"], rest["items"][0]["number"], rest["next"]] == [1, 2, None]


def test_only_organisers_announce_and_nobody_changes_what_others_wrote(script, bob, charlie, alice, thread):
    body = {"kind": "announcement", "title": "New rows", "text": "Soon."}
    problem(script(bob).post("/threads", body), 403)
    assert script(alice).post("/threads", body).status_code == 201
    post = script().get(f"/threads/{thread}/posts").json()["items"][0]["id"]
    problem(script(charlie).ask("PATCH", f"/posts/{post}", {"text": "Mine."}), 403)
    assert script(bob).ask("PATCH", f"/posts/{post}", {"text": "I find 13."}).json()["text"] == "I find 13."


def test_a_hidden_post_keeps_its_text_from_strangers(script, world, charlie, mallory, thread):
    Role.objects.create(competition=world.competition, user=mallory, kind="moderator")
    post = script(charlie).post(f"/threads/{thread}/posts", {"text": "Buy my watches."}).json()["id"]
    problem(script(charlie).ask("PUT", f"/posts/{post}/hidden", {"hidden": True, "reason": "No."}), 403)
    script(mallory).ask("PUT", f"/posts/{post}/hidden", {"hidden": True, "reason": "Advertising."})
    told = script().get(f"/threads/{thread}/posts").json()["items"][1]
    assert (told["text"], told["reason"], told["state"]) == (None, "", "hidden")
    assert script(charlie).get(f"/threads/{thread}/posts").json()["items"][1]["reason"] == "Advertising."


def test_abuse_is_reported_once_and_not_ones_own(script, bob, charlie, thread):
    post = str(script().get(f"/threads/{thread}/posts").json()["items"][0]["id"])
    body = {"kind": "post", "key": post, "category": "insult"}
    assert script(charlie).post("/reports", body).status_code == 201
    problem(script(charlie).post("/reports", body), 409)
    problem(script(bob).post("/reports", body), 409)
    problem(script(charlie).post("/reports", {**body, "key": "0"}), 404)


def test_a_team_writes_up_what_it_did_and_rivals_do_not(script, bob, bobs, charlie, charlies):
    body = {"title": "Column by column", "text": "First the ages."}
    problem(script(charlie).ask("PUT", "/teams/bobs-builders/write-up", body), 403)
    assert script(bob).ask("PUT", "/teams/bobs-builders/write-up", body).json()["state"] == "shown"
    assert [one["team"] for one in script().get("/write-ups").json()["items"]] == ["bobs-builders"]


# --- notices ---------------------------------------------------------------------------------------------------------
def test_everybody_reads_their_own_notices(script, competition, bob, charlie):
    notify_users("verdict", to=[bob], competition=competition, subject="Accepted", body="", url="/")
    [notice] = script(bob).get("notices").json()["items"]
    problem(script(charlie).post(f"notices/{notice['id']}/read"), 404)
    assert script(bob).post(f"notices/{notice['id']}/read").json()["read_at"]
    assert script(bob).get("notices?unread=true").json()["items"] == []


def test_bob_chooses_how_he_hears_of_what(script, bob):
    told = script(bob).ask(
        "PATCH", "notices/preferences", {"kind": "verdict", "on_site": True, "mail": "off"}
    )
    assert {one["kind"]: one["mail"] for one in told.json()["items"]}["verdict"] == "off"
    problem(
        script(bob).ask("PATCH", "notices/preferences", {"kind": "x", "on_site": True, "mail": "off"}), 422
    )


def test_bob_follows_and_no_longer(script, bob, competition):
    assert script(bob).ask("PUT", "/follow", {"on": True}).json()["on"] is True
    assert script(bob).ask("PUT", "/follow", {"on": False}).json()["on"] is False
    assert script(bob).get("/follow").json()["on"] is False


def test_a_web_hook_reaches_public_addresses_alone_and_belongs_to_its_owner(script, bob, charlie):
    refused = script(bob).post("hooks", {"url": "http://127.0.0.1/", "kinds": ["verdict"]})
    assert pointers(problem(refused, 422)) == ["#/url"]
    made = script(bob).post("hooks", {"url": "https://93.184.215.14/in", "kinds": ["verdict"]}).json()
    assert made["secret"] and "secret" not in script(bob).get("hooks").json()["items"][0]
    problem(script(charlie).ask("DELETE", f"hooks/{made['id']}"), 404)
    assert script(bob).ask("DELETE", f"hooks/{made['id']}").json() == {"done": True}


def test_a_competitions_web_hooks_are_its_organisers(script, alice, bob, bobs):
    body = {"url": "https://93.184.215.14/in", "kinds": ["accepted"]}
    problem(script(bob).post("/hooks", body), 403)
    assert script(alice).post("/hooks", body).status_code == 201


# --- people -----------------------------------------------------------------------------------------------------------
def test_a_person_is_seen_by_whom_they_choose(script, bob, bobs):
    problem(script().get("people/bob"), 404)
    body = {"bio": "I count.", "visibility": "everybody"}
    assert script(bob).ask("PUT", "me/profile", body).json()["bio"] == "I count."
    assert script().get("people/bob").json()["username"] == "bob"


def test_a_token_can_end_itself_and_nobody_elses(script, bob, charlie):
    mine = script(bob)
    [token] = mine.get("tokens").json()["items"]
    problem(script(charlie).ask("DELETE", f"tokens/{token['id']}"), 404)
    assert mine.ask("DELETE", f"tokens/{token['id']}").json() == {"done": True}
    problem(mine.get("me"), 401)
    assert ApiToken.objects.get(pk=token["id"]).revoked_at


# --- dry runs and boards ----------------------------------------------------------------------------------------------
def test_a_dry_run_is_its_authors_alone_and_one_at_a_time(script, bobs_script, charlie, charlies):
    made = bobs_script.post("/dry-runs", {"expression": "AGE < 6", "patch": "none"})
    assert made.status_code == 201 and made.json()["state"] == "queued"
    problem(script(charlie).get(f"/dry-runs/{made.json()['id']}"), 404)
    assert "not ended" in problem(bobs_script.post("/dry-runs", {"expression": "AGE < 6"}), 409)["detail"]
    told = problem(script(charlie).post("/dry-runs", {"expression": "AGGE < 6"}), 422)
    assert pointers(told) == ["#/expression"]


def test_the_board_of_a_day_before_the_beginning_is_empty(script, bobs):
    assert script().get("/board?on=2001-01-01").json()["items"] == []
    told = problem(script().get("/board?on=0001-01-01"), 422)
    assert pointers(told) == ["on"]


def test_a_column_is_shown_value_by_value(script):
    groups = script().get("/board/groups").json()["items"]
    key = next(one["key"] for each in groups for one in each["groups"] if one["key"] == "column:SEX")
    told = script().get(f"/board/for?group={key}").json()
    assert told["group"] is None and told["teams"] == [] and len(told["groups"]) >= 1
