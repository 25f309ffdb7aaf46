"""What was tried or sent before is changed and sent again: words and files are kept, and only one's own."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bounty.celery_app import app
from bounty.models import DryRun, Submission

CODE = b"def group(X):\n    return X['AGE'] < 6\ndef predict(X):\n    return [1] * len(X)\n"
PATCH = b"def predict(X):\n    return [0] * len(X)\n"


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(app, "send_task", lambda *_args, **_options: None)


@pytest.fixture
def browser(bob, bobs) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def tried(browser, competition) -> DryRun:
    """Bob's dry run of two files, which ended."""
    files = {
        "group_file": SimpleUploadedFile("toddlers.py", CODE),
        "patch_file": SimpleUploadedFile("zeros.py", PATCH),
    }
    browser.post(f"/c/{competition.slug}/dry-run/", {"patch": "file", "description": "Small ones", **files})
    DryRun.objects.update(state="failed")
    return DryRun.objects.get()


def again(browser: Client, run: DryRun, **data) -> DryRun:
    browser.post(f"/c/{run.competition.slug}/dry-run/", {"kept": str(run.pk), **data})
    return DryRun.objects.exclude(pk=run.pk).get()


def test_the_page_of_a_dry_run_leads_to_a_form_that_keeps_its_files(browser, tried):
    page = browser.get(tried.get_absolute_url()).content.decode()
    there = f"/c/{tried.competition.slug}/dry-run/?from={tried.pk}"
    assert there in page
    form = browser.get(there).content.decode()
    assert f'<input type="hidden" name="kept" value="{tried.pk}">' in form
    assert "<code>toddlers.py</code> is kept from before" in form
    assert "<code>zeros.py</code> is kept from before" in form
    assert "Small ones" in form


def test_both_files_are_tried_again_where_none_is_chosen(browser, tried):
    other = again(browser, tried, patch="file")
    assert [other.files[part]["filename"] for part in ("group", "patch")] == ["toddlers.py", "zeros.py"]
    assert other.files["group"]["sha256"] == tried.files["group"]["sha256"]
    assert other.files["group"]["path"] != tried.files["group"]["path"]


def test_a_file_that_is_chosen_takes_the_place_of_the_kept_one(browser, tried):
    other = again(browser, tried, patch="file", patch_file=SimpleUploadedFile("ones.py", PATCH + b"\n"))
    assert [other.files[part]["filename"] for part in ("group", "patch")] == ["toddlers.py", "ones.py"]


def test_an_expression_that_is_typed_takes_the_place_of_the_kept_file(browser, tried):
    other = again(browser, tried, patch="fit", expression="AGE < 6")
    assert (other.group_kind, other.files) == ("expression", {})


def test_kept_files_stay_when_something_else_is_wrong(browser, tried):
    slug = tried.competition.slug
    response = browser.post(
        f"/c/{slug}/dry-run/", {"kept": tried.pk, "patch": "file", "description": "x" * 501}
    )
    assert response.status_code == 422
    assert "<code>toddlers.py</code> is kept from before" in response.content.decode()
    assert DryRun.objects.count() == 1


def test_what_was_tried_is_changed_and_submitted(browser, tried):
    browser.post(f"/c/{tried.competition.slug}/submit/", {"kept": tried.pk, "patch": "same"})
    sent = Submission.objects.get()
    assert (sent.patch_kind, sent.files["group"]["filename"]) == ("same", "toddlers.py")


def test_files_of_a_submission_are_kept_for_its_own_team(browser, tried):
    browser.post(f"/c/{tried.competition.slug}/submit/", {"kept": tried.pk, "patch": "same"})
    sent = Submission.objects.get()
    form = browser.get(f"/c/{tried.competition.slug}/submit/?from={sent.pk}").content.decode()
    assert f'name="kept" value="{sent.pk}"' in form


@pytest.mark.parametrize("key", ["", "no-key", "0", "00000000-0000-0000-0000-000000000000", "\0", "x" * 5000])
def test_a_key_of_nothing_keeps_nothing_and_says_what_lacks(browser, tried, key):
    response = browser.post(f"/c/{tried.competition.slug}/submit/", {"kept": key, "patch": "none"})
    assert response.status_code == 422
    assert "Say which group" in response.content.decode()
    assert browser.get(f"/c/{tried.competition.slug}/submit/", {"from": key}).status_code == 200


def test_another_team_gets_no_file_of_bob(tried, charlie, charlies):
    thief = Client()
    thief.force_login(charlie)
    slug = tried.competition.slug
    assert "toddlers.py" not in thief.get(f"/c/{slug}/submit/?from={tried.pk}").content.decode()
    response = thief.post(f"/c/{slug}/submit/", {"kept": str(tried.pk), "patch": "same"})
    assert response.status_code == 422
    assert not Submission.objects.exists()


def test_a_file_that_is_gone_meanwhile_is_asked_for_again(browser, tried):
    DryRun.objects.update(files={"group": {**tried.files["group"], "path": "submissions/none/group.py"}})
    response = browser.post(f"/c/{tried.competition.slug}/dry-run/", {"kept": tried.pk, "patch": "none"})
    assert response.status_code == 422
    assert "choose a file below" in response.content.decode()
