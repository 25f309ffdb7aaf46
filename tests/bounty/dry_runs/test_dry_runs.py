"""Dry runs: who may start them and see them, what is refused, and what becomes of them. Real runs: test_real_runs."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bounty.core import artifacts
from bounty.dry_runs import cleanup
from bounty.dry_runs import start as dry_runs_start
from bounty.models import Ban, Competition, DryRun, Submission
from bounty.workers import tasks
from evaluator import artifacts as paths
from evaluator.worker.messages import Order, Report
from tests.bounty.dry_runs.stored_outcomes import stored

CODE = b"def group(X):\n    return X['AGE'] < 6\ndef predict(X):\n    return [1] * len(X)\n"


def report(run: DryRun, **fields) -> dict:
    return Report(str(run.pk), run.attempt, **{"status": "ok", "purpose": "dry_run", **fields}).to_json()


# --- starting ----------------------------------------------------------------------------------------------------
def test_bob_tries_an_expression_without_a_submission_or_quota(start, bob, messages):
    response = start(expression="AGE < 6", description="Small children")
    run = DryRun.objects.get()
    assert response.url == run.get_absolute_url()
    assert (run.author, run.expression, run.state) == (bob, "AGE < 6", "queued")
    assert not Submission.objects.exists()


def test_the_order_names_no_secret_row_and_goes_behind_submissions(start, messages):
    start(expression="AGE < 6")
    [(task, arguments, options)] = messages
    order = arguments["order"]
    assert task == "evaluator.evaluate"
    assert options == {"queue": "evaluate.cpu", "priority": dry_runs_start.LOWEST_PRIORITY}
    assert "secret" not in order
    assert Order.from_json(order).purpose == "dry_run"


def test_files_are_kept_as_those_of_a_submission_are(start):
    start(group_file=SimpleUploadedFile("mine.py", CODE), patch="same")
    run = DryRun.objects.get()
    assert (run.group_kind, run.patch_kind) == ("python", "same")
    assert artifacts.artifact_store().read_bytes(run.files["group"]["path"]) == CODE


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"expression": "AEG < 6"}, "did you mean `AGE`"),
        ({}, "Say which group"),
        ({"group_file": SimpleUploadedFile("model.pkl", b"\x80\x04K\x01.")}, "can run anything"),
    ],
)
def test_what_cannot_be_tried_is_refused_beside_its_field(start, data, words):
    response = start(**data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not DryRun.objects.exists()


def test_one_at_a_time(start):
    start(expression="AGE < 6")
    assert "has not ended yet" in start(expression="AGE < 7").content.decode()
    assert DryRun.objects.count() == 1


def test_so_many_in_so_long(start, bob, competition):
    now = timezone.now()
    for _ in range(dry_runs_start.MOST_IN_PERIOD):
        DryRun.objects.create(competition=competition, author=bob, queued_at=now, state="done")
    assert "Wait a little" in start(expression="AGE < 6").content.decode()


def test_the_queue_is_bounded_for_all(start, competition, charlie):
    now = timezone.now()
    for _ in range(dry_runs_start.MOST_WAITING):
        DryRun.objects.create(competition=competition, author=charlie, queued_at=now)
    assert "Many dry runs are waiting" in start(expression="AGE < 6").content.decode()


@pytest.mark.parametrize("why", ["banned", "paused", "draft"])
def test_who_may_not_submit_may_not_try(start, why, competition, bob, alice):
    if why == "banned":
        Ban.objects.create(competition=competition, user=bob, reason="spam", created_by=alice)
    else:
        Competition.objects.update(status=why)
    assert start(expression="AGE < 6").status_code == 403
    assert not DryRun.objects.exists()


def test_strangers_are_asked_to_log_in(competition):
    assert "/login/" in Client().get(f"/c/{competition.slug}/dry-run/").url


def test_a_request_too_large_is_refused_before_it_is_read(browser, competition):
    response = browser.post(f"/c/{competition.slug}/dry-run/", {"expression": "x"}, CONTENT_LENGTH=str(10**9))
    assert response.status_code == 413


@pytest.mark.parametrize("who", ["charlie", "mallory", "alice"])
def test_a_dry_run_is_its_author_s_alone(start, request, who, competition, charlies):
    start(expression="AGE < 6")
    run = DryRun.objects.get()
    other = Client()
    other.force_login(request.getfixturevalue(who))
    assert other.get(run.get_absolute_url()).status_code == 404
    assert other.get(run.get_absolute_url() + "state/").status_code == 404
    assert other.post(run.get_absolute_url() + "submit/").status_code == 404


# --- reports -----------------------------------------------------------------------------------------------------
def test_a_report_becomes_the_arithmetic_on_explore_rows(start, browser, world):
    start(expression="AGE < 6", patch="fit", learner="tree")
    run = DryRun.objects.get()
    tasks.evaluation_started(str(run.pk), 1)
    tasks.evaluation_heartbeat(str(run.pk), 1, "fitting the patch")
    page = browser.get(run.get_absolute_url()).content.decode()
    assert "Fitting the patch" in page
    public = world.layout.public
    mask = world.mask("AGE < 6")[:public]
    arrays = stored(run, mask=mask, predictions=np.where(mask, world.y[:public], 0).astype(np.int16))
    patch = (
        artifacts.artifact_store().write_bytes(paths.outcome(str(run.pk), 1, "patch.skops"), b"x").to_json()
    )
    tasks.evaluation_done(**report(run, arrays=arrays, files={"patch": {**patch, "kind": "skops"}}))
    run.refresh_from_db()
    assert run.state == "done"
    explore = world.layout.rows_of("explore")
    assert run.result["rows"] == world.mask("AGE < 6")[explore].sum()
    assert run.result["after"][0] == 0.0
    assert run.result["worse"] == 0
    page = browser.get(run.get_absolute_url()).content.decode()
    assert "gains on these rows" in page
    assert "Submit this" in page


def test_a_failure_is_shown_with_its_class_cause_and_traceback(start, browser):
    start(group_file=SimpleUploadedFile("mine.py", CODE))
    run = DryRun.objects.get()
    trace = 'Traceback:\n  File "mine.py", line 2\nValueError: <b>seven</b>'
    tasks.evaluation_done(**report(run, status="crashed", detail="The code raised.", traceback=trace))
    page = browser.get(run.get_absolute_url()).content.decode()
    assert "it stopped with an error of its own" in page
    assert "ValueError: &lt;b&gt;seven" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrays": {}},
        {"arrays": {"mask": {"path": "labels/x/practice.npy", "sha256": "0" * 64, "size": 1}}},
    ],
)
def test_a_forged_report_shows_nothing_and_is_our_fault(start, wrong):
    start(expression="AGE < 6")
    for _ in range(2):
        tasks.evaluation_done(**report(DryRun.objects.get(), **wrong))
    assert DryRun.objects.get().state == "error"


def test_a_mask_of_all_rows_is_refused(start, world):
    """The worker of a dry run has no secret row to answer."""
    start(expression="AGE < 6")
    run = DryRun.objects.get()
    tasks.evaluation_done(**report(run, arrays=stored(run, mask=world.mask("AGE < 6"))))
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("queued", 2)


def test_a_stale_report_changes_nothing(start, world):
    start(expression="AGE < 6")
    run = DryRun.objects.get()
    DryRun.objects.update(attempt=2)
    tasks.evaluation_done(**report(run, status="crashed"))
    assert DryRun.objects.get().state == "queued"


# --- afterwards ------------------------------------------------------------------------------------------------------
def test_what_was_tried_is_submitted_with_everything_kept(start, browser, bobs):
    start(group_file=SimpleUploadedFile("mine.py", CODE), patch="same", description="Small children")
    run = DryRun.objects.get()
    DryRun.objects.update(state="done")
    response = browser.post(run.get_absolute_url() + "submit/")
    submission = Submission.objects.get()
    assert response.url == submission.get_absolute_url()
    assert (submission.team, submission.patch_kind, submission.description) == (
        bobs,
        "same",
        "Small children",
    )
    assert submission.files["group"]["sha256"] == run.files["group"]["sha256"]
    assert submission.files["group"]["path"] != run.files["group"]["path"]


def test_a_failed_submission_is_run_again_dry_with_its_files(browser, world, bobs, messages):
    file = artifacts.artifact_store().write_bytes("submissions/old/group.py", CODE).to_json()
    failed = world.submission(
        bobs, state="failed", group_kind="python", patch_kind="same", expression="", learner="",
        files={"group": {**file, "filename": "mine.py", "kind": "python"}},
    )  # fmt: skip
    response = browser.post(failed.get_absolute_url() + "dry-run/")
    run = DryRun.objects.get()
    assert response.url == run.get_absolute_url()
    assert run.reproduces == failed
    assert run.files["group"]["path"] == "submissions/old/group.py"
    DryRun.objects.update(created_at=timezone.now() - timedelta(days=2))
    cleanup.clean_up_dry_runs(timezone.now())
    assert not DryRun.objects.exists()
    assert artifacts.artifact_store().exists("submissions/old/group.py")


def test_only_its_team_runs_a_failed_submission_again(world, bobs, charlies, charlie, mallory):
    failed = world.submission(bobs, state="failed")
    for person in (charlie, mallory):
        client = Client()
        client.force_login(person)
        assert client.post(failed.get_absolute_url() + "dry-run/").status_code == 404
    assert not DryRun.objects.exists()


def test_only_a_failed_one_is_reproduced(browser, world, bobs):
    accepted = world.submission(bobs, state="accepted")
    browser.post(accepted.get_absolute_url() + "dry-run/")
    assert not DryRun.objects.exists()


# --- the sweep ----------------------------------------------------------------------------------------------------
def test_a_lost_worker_is_replaced_once_then_it_is_said(start):
    start(expression="AGE < 6")
    for state, attempt in (("queued", 2), ("error", 2)):
        DryRun.objects.update(state="running", lease_until=timezone.now() - timedelta(seconds=1))
        cleanup.clean_up_dry_runs(timezone.now())
        run = DryRun.objects.get()
        assert (run.state, run.attempt) == (state, attempt)


def test_nothing_waits_for_ever(start):
    start(expression="AGE < 6")
    cleanup.clean_up_dry_runs(timezone.now() + timedelta(hours=1, minutes=1))
    assert DryRun.objects.get().state == "error"


def test_a_lost_message_is_sent_again(start, messages, monkeypatch, django_capture_on_commit_callbacks):
    start(expression="AGE < 6")
    monkeypatch.setattr("bounty.core.queue.count_messages", lambda queue, priority: 0)
    with django_capture_on_commit_callbacks(execute=True):
        for minutes in (3, 4):
            cleanup.clean_up_dry_runs(timezone.now() + timedelta(minutes=minutes))
    assert len(messages) == 2


def test_after_a_day_row_and_files_are_gone(start):
    start(group_file=SimpleUploadedFile("mine.py", CODE))
    run = DryRun.objects.get()
    stored(run, mask=np.zeros(3, dtype=bool))
    cleanup.clean_up_dry_runs(timezone.now() + timedelta(hours=23))
    assert DryRun.objects.exists()
    cleanup.clean_up_dry_runs(timezone.now() + timedelta(hours=25))
    assert not DryRun.objects.exists()
    assert not artifacts.artifact_store().exists(run.files["group"]["path"])
    assert not artifacts.artifact_store().exists(paths.outcome(str(run.pk), 1, "mask.npy"))
