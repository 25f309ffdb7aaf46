"""What the API tells, to whom, and what it keeps to itself."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.adjudication import judge
from bounty.models import Participation, Role
from bounty.scoring import leaderboard
from tests.bounty.api.script import problem

PUBLIC = (
    "", "/rules", "/schema", "/plan", "/teams", "/data", "/board", "/findings",
    "/model", "/model/versions", "/model/story",
)  # fmt: skip
OWN = ("/team", "/submissions")


@pytest.fixture
def accepted(world, bobs, sent):
    submission = world.evaluated(
        bobs, "AGE < 6", world.patch(world.mask("AGE < 6")), description="Small ones"
    )
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == "accepted"
    return submission


@pytest.mark.parametrize("address", PUBLIC)
def test_a_stranger_reads_what_the_public_pages_show(script, address):
    answer = script().get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("address", OWN)
def test_a_stranger_is_asked_who_they_are(script, address):
    answer = script().get(address)
    assert problem(answer, 401)["type"].endswith("not-authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("address", (*PUBLIC, *OWN))
@pytest.mark.parametrize("status", ["draft", "preparing"])
def test_a_draft_does_not_exist_for_who_may_not_see_it(make, script, mallory, address, status):
    hidden = make(status=status).competition
    reader = script(mallory)
    reader.slug = hidden.slug
    problem(reader.get(address), 404)


def test_a_competition_by_invitation_is_listed_for_who_was_invited(make, script, bob, mallory):
    hidden = make(visibility="invitation").competition
    Participation.objects.create(competition=hidden, user=bob, invited=True)
    slugs = {
        who: [c["slug"] for c in script(who).get("competitions").json()["items"]] for who in (bob, mallory)
    }
    assert hidden.slug in slugs[bob] and hidden.slug not in slugs[mallory]


def test_one_competition_says_how_its_model_stands(script, competition, accepted):
    told = script().get("").json()
    assert told["accepted"] == 1 and told["now"]["value"] < told["start"]["value"]
    assert told["now"]["low"] < told["now"]["value"] < told["now"]["high"]
    assert told["task"]["secret_rows"] == 3200 and told["your_team"] is None


def test_the_model_tells_its_versions_and_its_story(script, accepted):
    reader = script()
    assert reader.get("/model").json()["version"] == 1
    assert [version["number"] for version in reader.get("/model/versions").json()["items"]] == [1, 0]
    story = reader.get("/model/story").json()["items"]
    assert [event["kind"] for event in story] == ["accepted"] and story[0]["words"] == accepted.words


def test_the_model_is_downloaded_where_the_policy_allows_it(script, competition, alice, bob, accepted):
    assert problem(script(bob).get("/model/download"), 403)["detail"].startswith(
        "The model is the organiser's"
    )
    assert script(bob).get("/model").json()["may_download"] is False
    assert script(alice).get("/model").json()["may_download"] is True


def test_the_public_rows_are_downloaded_and_no_others(script, competition):
    reader = script()
    names = [file["name"] for file in reader.get("/data").json()["items"]]
    assert "explore.csv" in names and not any("secret" in name or "practice" in name for name in names)
    rows = b"".join(reader.get("/data/explore.csv").streaming_content).splitlines()
    assert len(rows) == 401
    problem(reader.get("/data/secret.csv"), 404)
    problem(reader.get("/data/practice.csv"), 404)


def test_the_board_is_as_on_its_page(script, world, charlies, accepted):

    leaderboard.refresh_board(world.competition)
    rows = script().get("/board").json()["items"]
    assert [(row["rank"], row["team_slug"]) for row in rows] == [
        (1, "bobs-builders"),
        (None, "charlies-angels"),
    ]
    assert rows[0]["accepted"] == 1 and rows[0]["points"] > 0
    assert script().get("/board.csv")["Content-Type"].startswith("text/csv")


def test_a_rival_reads_the_summary_of_what_was_accepted_and_never_its_source(
    script, charlie, charlies, accepted
):
    told = script(charlie).get(f"/submissions/{accepted.pk}").json()
    assert told["words"] == accepted.words and told["expression"] is None
    assert {"verdict", "failure", "files"}.isdisjoint(told)
    problem(script(charlie).get(f"/submissions/{accepted.pk}/files/group"), 404)
    problem(script(charlie).get(f"/submissions/{accepted.pk}/state"), 404)


def test_what_is_not_told_yet_does_not_exist_for_rivals(script, world, bob, bobs, charlie, charlies):
    held = world.submission(bobs, state="held", hold="held")
    problem(script(charlie).get(f"/submissions/{held.pk}"), 404)
    assert script(bob).get(f"/submissions/{held.pk}").json()["state"] == "held"


def test_a_finding_under_an_embargo_is_told_to_nobody(script, world, bobs):
    later = timezone.now() + timezone.timedelta(days=3)
    world.submission(
        bobs, state="confirmed", patch_kind="none", decided_at=timezone.now(), embargo_until=later
    )
    shown = world.submission(bobs, state="confirmed", patch_kind="none", decided_at=timezone.now())
    assert [finding["number"] for finding in script().get("/findings").json()["items"]] == [shown.number]


def test_a_failure_says_its_class_its_cause_and_the_mend(script, world, bob, bobs):
    failed = world.submission(bobs, state="failed", error_class="time", error_detail="It took 31 s.")
    told = script(bob).get(f"/submissions/{failed.pk}").json()["failure"]
    assert told["error_class"] == "time" and told["title"] and told["cause"] and told["advice"]
    assert told["detail"] == "It took 31 s."


def test_nothing_that_a_stranger_reads_names_a_stored_path(script, competition, accepted):
    whole = b"".join(script().get(address).content for address in PUBLIC)
    assert b".npy" not in whole and b"sha256" not in whole and str(competition.key).encode() not in whole


def test_a_second_look_costs_nothing_where_nothing_changed(script):
    reader = script()
    tag = reader.get("/board")["ETag"]
    again = reader.get("/board", **{"If-None-Match": tag})
    assert again.status_code == 304 and not again.content


def test_answers_are_for_their_reader_alone(script):
    answer = script().get("/board")
    assert "private" in answer["Cache-Control"] and "Authorization" in answer["Vary"]


def test_a_slip_in_an_address_is_a_problem_and_no_page(script):
    problem(script().get("/boord"), 404)
    problem(script().get("nothing"), 404)


def test_another_method_is_told_which_there_are(script):
    answer = script().ask("PUT", "/board")
    assert problem(answer, 405)["detail"] == "Use GET here." and answer["Allow"] == "GET"


def test_head_answers_as_get_does_without_a_body(script):
    answer = script().ask("HEAD", "/board")
    assert answer.status_code == 200 and not answer.content


def test_moderators_see_what_is_held_with_its_reason(script, world, bobs, mallory):
    Role.objects.create(competition=world.competition, user=mallory, kind="moderator")
    held = world.submission(bobs, state="held", hold="held", hold_reason="first of its team")
    rows = script(mallory).get("/moderation").json()["items"]
    assert [(row["number"], row["hold_reason"]) for row in rows] == [(held.number, "first of its team")]


def test_a_competitor_does_not_see_the_queue(script, bob, bobs):
    assert "organisers and moderators" in problem(script(bob).get("/moderation"), 403)["detail"]


@pytest.mark.parametrize("address", [*PUBLIC, "/submissions", "/moderation"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    script, world, alice, bobs, charlies, accepted, address
):

    reader = script(alice if address == "/moderation" else bobs.members.get().user)
    reader.get(address)

    def count():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert reader.get(address).status_code == 200
        return len(caught)

    def send(team):
        for state in ("held", "confirmed", "not_shown"):
            hold = "held" if state == "held" else "none"
            world.submission(team, state=state, hold=hold, decided_at=timezone.now(), patch_kind="none")
        leaderboard.refresh_board(world.competition)

    send(bobs)
    before = count()
    send(bobs)
    send(charlies)
    assert count() <= before


def test_the_list_of_competitions_costs_the_same_for_one_and_for_many(script, make):

    reader = script()
    reader.get("competitions")
    with CaptureQueriesContext(connection) as one:
        reader.get("competitions")
    for _ in range(3):
        make()
    with CaptureQueriesContext(connection) as many:
        listed = reader.get("competitions").json()["items"]
    assert (len(listed), len(many)) == (4, len(one))
