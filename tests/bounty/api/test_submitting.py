"""Sending: every kind, every refusal, and the same request twice."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bounty.core import artifacts
from bounty.models import Ban, Competition, Submission
from tests.bounty.api.script import pointers, problem
from tests.new_submissions import PYTHON, zipped

FINDING = {"expression": "AGE < 6", "patch": "none", "description": "Small children"}


def nothing_was_kept():
    return not Submission.objects.exists() and not (artifacts.artifact_store().root / "submissions").exists()


# --- taken in ------------------------------------------------------------------------------------------------------
def test_bob_sends_an_expression_as_a_finding(bobs_script, bobs, sent):
    answer = bobs_script.post("/submissions", FINDING)
    assert answer.status_code == 201
    told, row = answer.json(), Submission.objects.get()
    assert told["id"] == str(row.pk) and told["state"] == "queued" and told["words"] == row.words
    assert (row.team, row.patch_kind, row.author.username) == (bobs, "none", "bob")


def test_bob_has_a_patch_fitted_by_the_first_learner_unless_told(bobs_script):
    assert bobs_script.post("/submissions", {"expression": "AGE < 6"}).json()["learner"] == "boosting"
    told = bobs_script.post(
        "/submissions", {"expression": "AGE < 7", "patch": "fit", "learner": "tree"}
    ).json()
    assert told["learner"] == "tree"


def test_bob_sends_a_file_with_both_parts(bobs_script):
    answer = bobs_script.send({"group_file": SimpleUploadedFile("both.py", PYTHON), "patch": "same"})
    assert answer.status_code == 201
    assert answer.json()["files"] == [
        {"part": "group", "kind": "python", "filename": "both.py", "size": len(PYTHON)}
    ]


def test_bob_sends_a_group_and_a_patch_in_two_files(bobs_script):
    files = {
        "group_file": SimpleUploadedFile("group.zip", zipped(group__py=PYTHON)),
        "patch_file": SimpleUploadedFile("patch.py", b"def predict(X):\n    return [1] * len(X)\n"),
    }
    told = bobs_script.send({**files, "patch": "file", "wants_gpu": "false"}).json()
    assert (told["group_kind"], told["patch_kind"]) == ("zip", "python")
    assert not Submission.objects.get().wants_gpu


def test_bob_fetches_his_own_file_again(bobs_script):
    key = bobs_script.send({"group_file": SimpleUploadedFile("both.py", PYTHON), "patch": "same"}).json()[
        "id"
    ]
    answer = bobs_script.get(f"/submissions/{key}/files/group")
    assert answer.content == PYTHON and answer["Content-Disposition"].startswith("attachment")
    problem(bobs_script.get(f"/submissions/{key}/files/patch"), 404)


def test_a_newer_one_takes_the_place_of_an_older_one(bobs_script):
    older = bobs_script.post("/submissions", FINDING).json()["id"]
    told = bobs_script.post("/submissions", {**FINDING, "supersedes": older}).json()
    assert told["supersedes"] == older and Submission.objects.get(pk=older).state == "withdrawn"


def test_bob_withdraws_and_cannot_twice(bobs_script):
    key = bobs_script.post("/submissions", FINDING).json()["id"]
    assert bobs_script.post(f"/submissions/{key}/withdraw").json()["state"] == "withdrawn"
    assert "ended already" in problem(bobs_script.post(f"/submissions/{key}/withdraw"), 409)["detail"]


def test_bob_is_told_how_many_are_ahead(bobs_script):
    bobs_script.post("/submissions", FINDING)
    key = bobs_script.post("/submissions", {**FINDING, "expression": "AGE < 7"}).json()["id"]
    told = bobs_script.get(f"/submissions/{key}/state").json()
    assert (told["state"], told["running"], told["queue_position"]) == ("queued", True, 1)


def test_asking_again_says_why_it_makes_no_sense(bobs_script):
    key = bobs_script.post("/submissions", FINDING).json()["id"]
    assert "not shown yet" in problem(bobs_script.post(f"/submissions/{key}/again"), 409)["detail"]


# --- refused -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({}, "#/expression", "Say which group"),
        ({"expression": "AEG < 6"}, "#/expression", "AGE"),
        ({"expression": "AGE <"}, "#/expression", ""),
        ({"expression": "AGE < 6", "description": "x" * 501}, "#/description", "500"),
        ({"expression": "AGE < 6", "patch": "fit", "learner": "magic"}, "#/learner", "magic"),
        ({"expression": "AGE < 6", "patch": "same"}, "#/patch", "no file above"),
        ({"expression": "AGE < 6", "patch": "file"}, "#/patch_file", "Choose the patch's file"),
        ({"expression": "AGE < 6", "patch": "magic"}, "#/patch", ""),
        ({"expression": 6}, "#/expression", "must be text"),
        ({"expression": "AGE < 6", "wants_gpu": "yes please"}, "#/wants_gpu", "true or false"),
        ({"expression": "AGE < 6", "expresion": "AGE < 6"}, "#/expresion", "no such entry"),
        ({"expression": "AGE < 6", "supersedes": "mine"}, "#/supersedes", ""),
        (
            {"expression": "AGE < 6", "supersedes": "00000000-0000-0000-0000-000000000000"},
            "#/supersedes",
            "ended",
        ),
        (["AGE < 6"], "#", "JSON object"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(bobs_script, body, pointer, words):
    told = problem(bobs_script.post("/submissions", body), 422)
    assert pointer in pointers(told) and words in str(told["errors"])
    assert nothing_was_kept()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.pkl", b"\x80\x04N.", "can run anything"),
        ("empty.py", b"", "is empty"),
        ("text.txt", b"hello", "no kind that can be run"),
        ("nothing.py", b"x = 1\n", "neither group(X)"),
        ("broken.zip", b"PK\x03\x04nothing", "cut short"),
    ],
)
def test_a_bad_file_is_refused_in_the_words_of_the_page(bobs_script, name, content, words):
    answer = bobs_script.send({"group_file": SimpleUploadedFile(name, content), "patch": "none"})
    told = problem(answer, 422)
    assert pointers(told) == ["#/group_file"] and words in told["detail"]
    assert nothing_was_kept()


def test_a_file_under_another_name_is_not_lost_without_a_word(bobs_script):
    answer = bobs_script.send({"file": SimpleUploadedFile("both.py", PYTHON), "patch": "same"})
    assert pointers(problem(answer, 422)) == ["#/file"]


def test_a_body_that_is_no_json_is_refused(bobs_script):
    headers = {"Authorization": f"Bearer {bobs_script.token}"}
    address = bobs_script.full("/submissions")
    broken = bobs_script.client.post(address, b"{", content_type="application/json", headers=headers)
    assert "JSON" in problem(broken, 400)["detail"]
    text = bobs_script.client.post(address, b"AGE < 6", content_type="text/plain", headers=headers)
    assert "application/json" in problem(text, 400)["detail"]


def test_what_is_too_large_is_refused_before_it_is_read(bobs_script, competition):
    Competition.objects.update(max_upload_bytes=1000)
    answer = bobs_script.send({"group_file": SimpleUploadedFile("large.py", b"#" * 2_000_000)})
    assert "MB are the most" in problem(answer, 413)["detail"]
    assert nothing_was_kept()


def test_a_large_text_is_refused_where_no_file_is_expected(bobs_script):
    problem(bobs_script.post("/preview", {"expression": "x" * 300_000}), 413)


def test_a_stranger_enters_first(script, mallory):
    assert "accept its terms" in problem(script(mallory).post("/submissions", FINDING), 403)["detail"]


def test_who_is_excluded_reads_why(bobs_script, competition, bob, alice):
    Ban.objects.create(competition=competition, user=bob, reason="Five accounts.", created_by=alice)
    assert "Five accounts." in problem(bobs_script.post("/submissions", FINDING), 403)["detail"]


def test_a_judge_does_not_compete(script, alice):
    assert "organise or moderate" in problem(script(alice).post("/submissions", FINDING), 403)["detail"]


@pytest.mark.parametrize("status", ["paused", "closed"])
def test_a_competition_that_is_not_open_takes_nothing(bobs_script, status):
    Competition.objects.update(status=status)
    assert status in problem(bobs_script.post("/submissions", FINDING), 403)["detail"]


def test_a_used_up_quota_says_when_the_next_is_possible(bobs_script):
    Competition.objects.update(submissions_per_day=1)
    bobs_script.post("/submissions", FINDING)
    told = problem(bobs_script.post("/submissions", {**FINDING, "expression": "AGE < 9"}), 409)
    assert "possible from" in told["detail"]


def test_charlie_does_not_withdraw_what_bob_sent(bobs_script, script, charlie, charlies):
    key = bobs_script.post("/submissions", FINDING).json()["id"]
    problem(script(charlie).post(f"/submissions/{key}/withdraw"), 404)
    problem(script(charlie).get(f"/submissions/{key}"), 404)


def test_a_moderator_sees_it_but_does_not_withdraw_it(bobs_script, script, alice):
    key = bobs_script.post("/submissions", FINDING).json()["id"]
    assert script(alice).get(f"/submissions/{key}").status_code == 200
    problem(script(alice).post(f"/submissions/{key}/withdraw"), 404)
