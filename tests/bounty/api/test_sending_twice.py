"""The same request twice: after a lost answer, from two threads, with other content."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from bounty.api.schemas.submissions import SubmissionIn
from bounty.models import IdempotencyKey, Submission
from bounty.submissions import idempotency, submit
from bounty.workers.sweep import run_sweep
from tests.bounty.api.script import pointers, problem
from tests.new_submissions import PYTHON

FINDING = {"expression": "AGE < 6", "patch": "none", "description": "Small children"}
KEY = {"Idempotency-Key": "first-try"}


def test_the_same_request_with_its_key_is_sent_once(bobs_script):
    first, second = (bobs_script.post("/submissions", FINDING, **KEY) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"] and Submission.objects.count() == 1


def test_a_form_with_another_boundary_is_the_same_request(bobs_script):
    sends = [
        bobs_script.send({"group_file": SimpleUploadedFile("both.py", PYTHON), "patch": "same"}, **KEY)
        for _ in range(2)
    ]
    assert len({answer.json()["id"] for answer in sends}) == 1


def test_another_request_with_the_key_is_refused(bobs_script):
    bobs_script.post("/submissions", FINDING, **KEY)
    told = problem(bobs_script.post("/submissions", {**FINDING, "expression": "AGE < 7"}, **KEY), 422)
    assert told["type"].endswith("key-reused") and pointers(told) == ["Idempotency-Key"]
    assert Submission.objects.count() == 1


def test_another_file_of_the_same_name_is_another_request(bobs_script):
    first, second = SimpleUploadedFile("a.py", PYTHON), SimpleUploadedFile("a.py", PYTHON + b"\n")
    bobs_script.send({"group_file": first, "patch": "same"}, **KEY)
    problem(bobs_script.send({"group_file": second, "patch": "same"}, **KEY), 422)


def test_a_refused_request_leaves_its_key_free(bobs_script):
    problem(bobs_script.post("/submissions", {"expression": "AEG < 6"}, **KEY), 422)
    assert bobs_script.post("/submissions", FINDING, **KEY).status_code == 201


def test_the_key_of_one_person_is_nothing_to_another(bobs_script, script, charlie, charlies):
    mine = bobs_script.post("/submissions", FINDING, **KEY).json()["id"]
    theirs = script(charlie).post("/submissions", FINDING, **KEY).json()["id"]
    assert mine != theirs


def test_a_key_is_forgotten_after_a_day(bobs_script):
    bobs_script.post("/submissions", FINDING, **KEY)
    run_sweep(timezone.now() + timedelta(hours=23))
    assert IdempotencyKey.objects.exists()
    run_sweep(timezone.now() + timedelta(hours=25))
    assert not IdempotencyKey.objects.exists()


def test_who_comes_while_the_first_is_being_answered_waits(bobs_script, bob, competition):
    digest = idempotency.request_digest(bobs_script.full("/submissions"), _fields(FINDING), [])
    idempotency.claim_key(bob, "first-try", digest, timezone.now())
    answer = bobs_script.post("/submissions", FINDING, **KEY)
    assert problem(answer, 409)["type"].endswith("in-progress") and answer["Retry-After"] == "1"


def test_a_request_that_died_half_way_is_taken_over(bobs_script, bob):
    digest = idempotency.request_digest(bobs_script.full("/submissions"), _fields(FINDING), [])
    idempotency.claim_key(bob, "first-try", digest, timezone.now() - idempotency.ABANDONED_AFTER * 2)
    assert bobs_script.post("/submissions", FINDING, **KEY).status_code == 201


def test_a_fault_keeps_neither_the_submission_nor_the_key(bobs_script, monkeypatch):
    def fail(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(submit.dispatch, "send_for_evaluation", fail)
    problem(bobs_script.post("/submissions", FINDING, **KEY), 500)
    assert not Submission.objects.exists() and not IdempotencyKey.objects.exists()


def test_a_key_of_odd_characters_is_refused(bobs_script):
    problem(bobs_script.post("/submissions", FINDING, **{"Idempotency-Key": "x" * 201}), 422)


def _fields(body):
    return SubmissionIn(**body).model_dump(mode="json")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_is_sent(bobs_script):
    answers, start = [], threading.Barrier(2)

    def send():
        try:
            start.wait(10)
            answers.append(bobs_script.post("/submissions", FINDING, **KEY))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers) in ([201, 201], [201, 409])
    assert Submission.objects.count() == 1
    assert bobs_script.post("/submissions", FINDING, **KEY).json()["id"] == str(Submission.objects.get().pk)
