"""Practice after the close: run as a submission is, measured on practice rows, and counted nowhere."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bounty.core import artifacts
from bounty.corrections import Correction, correct_table
from bounty.models import Ban, BoardRow, ChainEntry, Competition, DryRun, LedgerQuery, Submission
from bounty.workers import tasks
from evaluator.worker.messages import Order, Report
from tests.bounty.dry_runs.stored_outcomes import stored


@pytest.fixture
def closed(competition, bobs):
    Competition.objects.filter(pk=competition.pk).update(status="closed")
    competition.refresh_from_db()
    return competition


def report(run, world, *, purpose="submission", **fields):
    if "arrays" not in fields:
        mask = world.mask("AGE < 6")
        made = {"mask": mask} | ({} if run.patch_kind == "none" else {"predictions": world.patch(mask, 1.0)})
        fields["arrays"] = stored(run, **made)
    given = {"status": "ok"} | fields
    if run.patch_kind == "fit" and given["status"] == "ok":
        path = f"outcomes/{run.pk}/{run.attempt}/patch.skops"
        given["files"] = {
            "patch": {**artifacts.artifact_store().write_bytes(path, b"x").to_json(), "kind": "skops"}
        }
    tasks.evaluation_done(**Report(str(run.pk), run.attempt, purpose=purpose, **given).to_json())
    run.refresh_from_db()
    return run


def test_after_the_close_the_order_has_the_secret_features_and_no_label(start, closed, messages):
    assert start(expression="AGE < 6", patch="fit", learner="tree").status_code == 302
    run = DryRun.objects.get()
    assert run.practice
    [(_task, arguments, _options)] = messages
    order = arguments["order"]
    assert Order.from_json(order).purpose == "submission" and order["secret"]
    assert "labels" not in str(order)


def test_it_is_measured_on_practice_rows_and_counts_nowhere(start, closed, world, browser):
    start(expression="AGE < 6", patch="fit", learner="tree")
    before = (LedgerQuery.objects.count(), ChainEntry.objects.count(), BoardRow.objects.count())
    run = report(DryRun.objects.get(), world)
    assert run.state == "done"
    mask = world.mask("AGE < 6")[world.layout.rows_of("practice")]
    assert run.result["rows"] == int(mask.sum()) and run.result["of_rows"] == 800
    assert run.result["after"][0] == 0.0 and run.result["before"][0] > 0.5
    assert before == (LedgerQuery.objects.count(), ChainEntry.objects.count(), BoardRow.objects.count())
    assert not Submission.objects.exists()
    shown = browser.get(run.get_absolute_url()).content.decode()
    assert "Practice after the close" in shown and "nothing of it counts" in shown
    assert "Submit this" not in shown


def test_a_failure_on_secret_rows_is_said_without_a_word_of_them(start, closed, world):
    start(expression="AGE < 6")
    before = ChainEntry.objects.count()
    run = report(DryRun.objects.get(), world, status="no_result", on_secret=True, arrays={})
    assert run.state == "failed" and run.error_class == "no_result"
    assert run.error_detail == "It ran on the public rows, but gave no result on the secret ones."
    assert ChainEntry.objects.count() == before
    assert all(block.extra_bits == 0 for block in closed.blocks.all())


@pytest.fixture
def of_today(closed):
    """The closed competition, by the present rule; a person has two failures on practice rows."""
    Competition.objects.update(rule_version=2, practice_failures_per_person=2)


def start_code(start):
    DryRun.objects.update(state="error")
    return start(
        group_kind="file",
        group_file=SimpleUploadedFile("mine.py", b"def group(X):\n    return X['AGE'] < 6\n"),
    )


def fail_on_practice(world):
    return report(DryRun.objects.latest("created_at"), world, status="crashed", on_practice=True, arrays={})


def test_a_failure_on_practice_rows_is_its_class_and_a_sentence_of_ours(start, of_today, world, browser):
    start_code(start)
    run = fail_on_practice(world)
    assert (run.state, run.error_class, run.failed_on_secret_rows) == ("failed", "crashed", True)
    assert run.error_detail == "It ran on the public rows, but failed on the practice rows."
    assert "From the public rows" not in browser.get(run.get_absolute_url()).content.decode()


def test_whose_code_failed_as_often_as_one_person_s_may_practises_with_expressions(start, of_today, world):
    for _ in range(2):
        start_code(start)
        fail_on_practice(world)
    DryRun.objects.all().delete()  # after a day: what was told is remembered all the same
    assert "as often as one person" in start_code(start).content.decode()
    assert not DryRun.objects.exists()
    start(expression="AGE < 6")
    assert DryRun.objects.exists()


def test_a_worker_cannot_make_practice_of_a_dry_run(start, competition, bobs, world):
    start(expression="AGE < 6")
    run = report(DryRun.objects.get(), world)
    assert run.state == "queued"
    DryRun.objects.update(practice=True)
    run = report(DryRun.objects.get(), world, purpose="dry_run")
    assert run.state == "queued"


def test_arrays_of_another_length_are_our_fault(start, closed, world):
    start(expression="AGE < 6")
    run = DryRun.objects.get()
    arrays = stored(run, mask=np.zeros(closed.layout.public, dtype=bool))
    run = report(run, world, arrays=arrays)
    assert run.state == "queued" and run.attempt == 2


def test_who_may_practise(client, closed, bob, charlie, mallory, alice, browser, make):
    address = f"/c/{closed.slug}/dry-run/"
    assert "Practise with it" in browser.get(address).content.decode()
    assert "Practise on it" in browser.get(f"/c/{closed.slug}/submit/").content.decode()
    for other in (charlie, mallory, alice):
        client.force_login(other)
        assert client.post(address, {"expression": "AGE < 6", "patch": "none"}).status_code == 403
    Ban.objects.create(competition=closed, user=bob, reason="Spam.", created_by=alice)
    assert browser.post(address, {"expression": "AGE < 6", "patch": "none"}).status_code == 403
    assert not DryRun.objects.exists()


def test_it_is_never_sent_as_a_submission(start, closed, world, browser):
    start(expression="AGE < 6")
    run = report(DryRun.objects.get(), world)
    browser.post(f"/c/{closed.slug}/dry-run/{run.pk}/submit/")
    browser.post(f"/c/{closed.slug}/submit/", {"expression": "AGE < 6", "patch": "none"})
    assert not Submission.objects.exists()


def test_a_dry_run_is_measured_after_rows_were_taken_out(start, competition, alice, world):
    correct_table(competition, Correction(withdrawn=[1, 2, 3]), "A slip.", alice)
    start(expression="AGE < 6")
    run, public = DryRun.objects.get(), Competition.objects.get().layout.public
    run = report(run, world, purpose="dry_run", arrays=stored(run, mask=np.ones(public, dtype=bool)))
    assert run.state == "done" and run.result["rows"] == 400


def test_where_rows_are_people_figures_of_practice_have_noise_and_are_as_few_as_verdicts(
    start, closed, world, browser
):
    Competition.objects.update(rule_version=2, noise_scale=2.0, verdicts_per_person=3)
    mask = world.mask("AGE < 6")[world.layout.rows_of("practice")]
    told = []
    for _ in range(3):
        assert start(expression="AGE < 6", patch="fit", learner="tree").status_code == 302
        told.append(report(DryRun.objects.order_by("created_at").last(), world).result)
    assert len({each["rows"] for each in told}) > 1
    assert [each["rows"] for each in told] != [int(mask.sum())] * 3
    page = browser.get(DryRun.objects.first().get_absolute_url()).content.decode()
    assert "noise that hides each person" in page
    DryRun.objects.all().delete()  # after a day: what was told is remembered all the same
    refused = start(expression="AGE < 6", patch="fit", learner="tree").content.decode()
    assert "You were told 3 verdicts and results of practice about secret practice rows" in refused
    assert not DryRun.objects.exists()


def test_practice_shares_the_ceiling_of_verdicts_that_were_told_while_it_was_open(start, closed, world, bobs):
    Competition.objects.update(rule_version=2, noise_scale=2.0, verdicts_per_person=3)
    world.submission(bobs, state=Submission.State.NOT_SHOWN, verdicts_told=2)
    start(expression="AGE < 6")
    report(DryRun.objects.get(), world)
    assert "You were told 3 verdicts" in start(expression="AGE < 6").content.decode()
    assert DryRun.objects.count() == 1
