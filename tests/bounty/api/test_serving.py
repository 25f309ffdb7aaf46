"""The moderator's panel, appeals, triage and corrections through the API: the same rules as on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.models import Assignment, Conflict, LabelReport, Role
from tests.bounty.api.script import pointers, problem


@pytest.fixture
def dana(world, mallory):
    """Moderates."""
    Role.objects.create(competition=world.competition, user=mallory, kind="moderator")
    return mallory


@pytest.fixture
def held(world, bobs):
    return world.submission(bobs, state="held", hold="held", hold_reason="first of its team")


# --- the queue -----------------------------------------------------------------------------------------------------
def test_the_queue_tells_what_waits_and_why(script, dana, held):
    [item] = script(dana).get("/moderation/queue").json()["items"]
    assert (item["name"], item["why"], item["assignee"]) == (f"held:{held.pk}", "first of its team", None)
    assert script(dana).get("/moderation/queue?section=appeals").json()["items"] == []


@pytest.mark.parametrize(
    "address", ["/moderation/queue", "/moderation/findings", "/moderation/reasons", "/appeals", "/reports"]
)
def test_what_moderators_see_nobody_else_does(script, bob, bobs, held, address):
    problem(script(bob).get(address), 403)
    problem(script().get(address), 401)


def test_an_item_is_taken_noted_and_decided(script, dana, held, sent):
    mine = script(dana)
    item = f"/moderation/items/held/{held.pk}"
    assert mine.ask("PUT", f"{item}/assignee", {"to": "mallory"}).json() == {"done": True}
    assert Assignment.objects.get().user == dana
    assert mine.post(f"{item}/notes", {"text": "Looks fine."}).status_code == 201
    assert [note["text"] for note in mine.get(f"{item}/notes").json()["items"]] == ["Looks fine."]
    done = mine.post("/moderation/queue", {"items": [f"held:{held.pk}", "held:nothing"], "do": "release"})
    assert [outcome["done"] for outcome in done.json()["items"]] == [True, False]


def test_refusing_many_needs_a_reason(script, dana, held):
    told = problem(
        script(dana).post("/moderation/queue", {"items": [f"held:{held.pk}"], "do": "refuse"}), 422
    )
    assert pointers(told) == ["#/reason"]


def test_nothing_is_given_to_who_does_not_moderate(script, dana, held):
    answer = script(dana).ask("PUT", f"/moderation/items/held/{held.pk}/assignee", {"to": "bob"})
    assert pointers(problem(answer, 422)) == ["#/to"] and not Assignment.objects.exists()


def test_a_declared_conflict_keeps_its_moderator_from_deciding(script, dana, held, alice):
    mine = script(dana)
    made = mine.post("/conflicts", {"team": "bobs-builders", "reason": "My brother."}).json()
    problem(mine.post(f"/submissions/{held.pk}/release"), 403)
    problem(mine.ask("DELETE", f"/conflicts/{made['id']}"), 403)
    assert script(alice).ask("DELETE", f"/conflicts/{made['id']}").json() == {"done": True}
    assert not Conflict.objects.exists()


def test_the_queue_costs_the_same_for_one_and_for_many(script, world, dana, bobs, charlies, held):
    mine = script(dana)
    mine.get("/moderation/queue")

    def count():
        with CaptureQueriesContext(connection) as caught:
            assert mine.get("/moderation/queue").status_code == 200
        return len(caught)

    before = count()
    for team in (bobs, charlies, charlies):
        world.submission(team, state="held", hold="held")
    assert count() <= before


# --- appeals -------------------------------------------------------------------------------------------------------
def test_bob_appeals_once_and_somebody_answers_who_did_not_decide(script, bob, dana, alice, held, sent):
    script(dana).post(f"/submissions/{held.pk}/refuse", {"reason": "Points at somebody."})
    mine = script(bob)
    assert mine.get(f"/submissions/{held.pk}/appeal").json()["refusal"] == ""
    made = mine.post(f"/submissions/{held.pk}/appeal", {"text": "It selects 300 people."})
    assert made.status_code == 201
    problem(mine.post(f"/submissions/{held.pk}/appeal", {"text": "Again."}), 409)
    address = f"/appeals/{made.json()['id']}"
    assert "yourself" in script(dana).get(address).json()["answer_refusal"]
    problem(script(dana).post(f"{address}/answer", {"overturn": False, "text": "No."}), 403)
    answered = script(alice).post(f"{address}/answer", {"overturn": True, "text": "Right."}).json()
    assert answered["state"] == "overturned"
    held.refresh_from_db()
    assert held.state in ("queued", "judging")


def test_charlie_does_not_appeal_for_bob(script, charlie, charlies, held):
    problem(script(charlie).post(f"/submissions/{held.pk}/appeal", {"text": "Let them."}), 404)


def test_who_was_not_excluded_has_nothing_to_appeal_against(script, bob, bobs):
    problem(script(bob).post("/appeal", {"text": "Why?"}), 404)


# --- triage --------------------------------------------------------------------------------------------------------
@pytest.fixture
def finding(world, charlies):
    return world.submission(charlies, state="confirmed", patch_kind="none", decided_at=timezone.now())


def test_an_embargo_by_the_api_hides_a_finding_from_everybody_else(script, dana, bob, bobs, finding):
    until = (timezone.now() + timedelta(days=3)).isoformat()
    told = script(dana).ask(
        "PUT", f"/submissions/{finding.pk}/triage", {"severity": "high", "embargo_until": until}
    )
    assert told.json()["embargoed"] is True
    for reader in (script(), script(bob)):
        assert reader.get("/findings").json()["items"] == []
        problem(reader.get(f"/submissions/{finding.pk}"), 404)
        assert str(finding.pk) not in str(reader.get("/board/groups").content)
        assert finding.description not in reader.get("/board/findings.csv").content.decode() or (
            not finding.description
        )
    assert len(script(dana).get("/moderation/findings").json()["items"]) == 1


def test_an_embargo_of_yesterday_changes_nothing(script, dana, finding):
    then = (timezone.now() - timedelta(days=1)).isoformat()
    body = {"severity": "high", "embargo_until": then}
    problem(script(dana).ask("PUT", f"/submissions/{finding.pk}/triage", body), 409)
    assert script().get("/findings").json()["items"][0]["severity"] == ""


def test_only_organisers_answer_for_the_owner(script, dana, alice, finding):
    body = {"answer": "will_fix", "text": "In spring."}
    problem(script(dana).ask("PUT", f"/submissions/{finding.pk}/answer", body), 403)
    assert script(alice).ask("PUT", f"/submissions/{finding.pk}/answer", body).status_code == 200
    assert script().get("/findings").json()["items"][0]["answer_text"] == "In spring."


# --- corrections ---------------------------------------------------------------------------------------------------
def test_a_correction_is_looked_at_then_made_and_by_organisers_alone(script, world, alice, bob, bobs):
    row = int(world.competition.layout.ranges["explore"][0]) + 1
    body = {"withdrawn": [row]}
    problem(script(bob).post("/corrections/preview", body), 403)
    mine = script(alice)
    assert mine.post("/corrections/preview", body).json()["counts"]["explore"]["withdrawn"] == 1
    assert mine.get("/corrections").json()["items"] == []
    assert pointers(problem(mine.post("/corrections", {"withdrawn": [10**9], "reason": "Twice."}), 422)) == [
        "#"
    ]
    assert mine.post("/corrections", {**body, "reason": "Twice."}).json()["number"] == 1


def test_bob_reports_a_label_and_alice_answers(script, world, alice, bob, bobs):
    sent = script(bob).post("/labels", {"split": "explore", "number": 1, "reason": "A child of 90 years."})
    assert sent.status_code == 201 and sent.json()["state"] == "open", sent.json()
    problem(script(bob).post("/labels/answer", {"reports": [1], "accept": False, "answer": "No."}), 403)
    body = {"reports": [sent.json()["id"]], "accept": False, "answer": "It is right."}
    assert script(alice).post("/labels/answer", body).json() == {"done": True}
    assert LabelReport.objects.get().state == "rejected"


def test_a_row_of_a_secret_part_is_none_that_can_be_reported(script, bob, bobs):
    body = {"split": "practice", "number": 1, "reason": "I guessed."}
    assert pointers(problem(script(bob).post("/labels", body), 422)) == ["#/split"]
