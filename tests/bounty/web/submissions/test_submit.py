"""The submit page: what is taken in, what is refused and where it is said, and the live preview."""

from __future__ import annotations

import pytest
from django.core.cache.backends.redis import RedisCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from redis.exceptions import ConnectionError

from bounty.exploration import preview as previews
from bounty.models import Ban, Submission
from evaluator.fitting import LEARNERS

LEARNER = next(iter(LEARNERS))


@pytest.fixture
def bobs_browser(bob, bobs, sent) -> Client:
    """Bob, logged in, in his team; nothing reaches a broker."""
    client = Client()
    client.force_login(bob)
    return client


def post(client: Client, competition, **data):
    return client.post(f"/c/{competition.slug}/submit/", {"patch": "none", **data})


def look(client: Client, competition, expression: str) -> str:
    return client.post(f"/c/{competition.slug}/preview/", {"expression": expression}).content.decode()


# --- taken in ------------------------------------------------------------------------------------------------------
def test_bob_submits_an_expression_as_a_finding(bobs_browser, competition, bobs):
    response = post(bobs_browser, competition, expression="AGE < 6", description="Small children")
    submission = Submission.objects.get()
    assert response.url == submission.get_absolute_url()
    assert (submission.team, submission.patch_kind, submission.expression) == (bobs, "none", "AGE < 6")
    assert submission.words


def test_bob_has_a_patch_fitted(bobs_browser, competition):
    post(bobs_browser, competition, expression="AGE < 6", patch="fit", learner=LEARNER)
    submission = Submission.objects.get()
    assert (submission.patch_kind, submission.learner) == ("fit", LEARNER)


def test_a_python_file_is_recognised_and_kept(bobs_browser, competition):
    code = SimpleUploadedFile("mine.py", b"def group(X):\n    return X['AGE'] < 6\n")
    post(bobs_browser, competition, group_file=code)
    submission = Submission.objects.get()
    assert submission.group_kind == "python"
    assert submission.files["group"]["filename"] == "mine.py"


def test_a_file_with_both_functions_holds_the_patch_too(bobs_browser, competition):
    code = SimpleUploadedFile(
        "both.py", b"def group(X):\n    return X['AGE'] < 6\ndef predict(X):\n    return X['AGE'] > 3\n"
    )
    post(bobs_browser, competition, group_file=code, patch="same")
    assert Submission.objects.get().patch_kind == "same"


def test_a_newer_one_replaces_one_that_still_runs(bobs_browser, world, bobs):
    older = world.submission(bobs, state="queued")
    post(bobs_browser, world.competition, expression="AGE < 7", supersedes=str(older.pk))
    older.refresh_from_db()
    assert older.state == "withdrawn"
    assert Submission.objects.get(supersedes=older).expression == "AGE < 7"


# --- refused, beside the field, with nothing written --------------------------------------------------------------
def assert_refused(response, field: str, words: str) -> None:
    text = response.content.decode()
    assert response.status_code == 422
    assert not Submission.objects.exists()
    form = response.context["form"]
    assert words in " ".join(form.errors[field]), form.errors
    assert "Not sent yet" in text


def test_an_unknown_column_is_named_with_the_nearest_one(bobs_browser, competition):
    response = post(bobs_browser, competition, expression="AGES < 6", description="Kept as typed")
    assert_refused(response, "expression", "AGE")
    assert "AGES &lt; 6" in response.content.decode()
    assert "Kept as typed" in response.content.decode()


def test_no_group_at_all_is_refused(bobs_browser, competition):
    assert_refused(post(bobs_browser, competition), "expression", "Say which group")


def test_an_expression_and_a_file_together_are_refused(bobs_browser, competition):
    code = SimpleUploadedFile("mine.py", b"def group(X):\n    return X['AGE'] < 6\n")
    response = post(bobs_browser, competition, expression="AGE < 6", group_file=code)
    assert_refused(response, "group_file", "Empty the one")
    assert "Files have to be chosen again" in response.content.decode()


def test_a_pickle_is_refused_with_the_way_to_convert(bobs_browser, competition):
    model = SimpleUploadedFile("model.pkl", b"\x80\x04stuff")
    response = post(bobs_browser, competition, expression="AGE < 6", patch="file", patch_file=model)
    assert_refused(response, "patch_file", "skops")


def test_an_empty_file_is_refused(bobs_browser, competition):
    response = post(bobs_browser, competition, group_file=SimpleUploadedFile("mine.py", b""))
    assert_refused(response, "group_file", "empty")


def test_a_patch_of_its_own_needs_its_file(bobs_browser, competition):
    response = post(bobs_browser, competition, expression="AGE < 6", patch="file")
    assert_refused(response, "patch_file", "Choose the patch")


def test_an_expression_cannot_hold_the_patch(bobs_browser, competition):
    response = post(bobs_browser, competition, expression="AGE < 6", patch="same")
    assert_refused(response, "patch", "no file above")


def test_an_endless_expression_is_refused(bobs_browser, competition):
    response = post(bobs_browser, competition, expression="AGE < 6 or " * 300 + "AGE < 6")
    assert_refused(response, "expression", "at most 2000 characters")


def test_another_teams_submission_cannot_be_replaced(bobs_browser, world, charlies):
    theirs = world.submission(charlies)
    response = post(bobs_browser, world.competition, expression="AGE < 6", supersedes=str(theirs.pk))
    assert response.status_code == 422
    theirs.refresh_from_db()
    assert theirs.state == "queued"


def test_the_quota_is_said_and_kept(bobs_browser, competition):
    competition.submissions_per_day = 1
    competition.save()
    assert "1 of 1 submissions left" in bobs_browser.get(f"/c/{competition.slug}/submit/").content.decode()
    post(bobs_browser, competition, expression="AGE < 6")
    response = post(bobs_browser, competition, expression="AGE < 7")
    assert response.status_code == 422
    assert "has used its 1" in response.content.decode()
    assert Submission.objects.count() == 1


def test_a_request_too_large_for_any_file_is_not_read(bobs_browser, competition):
    competition.max_upload_bytes = 1000
    competition.save()
    large = SimpleUploadedFile("mine.py", b"#" * 400_000)
    response = post(bobs_browser, competition, group_file=large)
    assert response.status_code == 413
    assert "Nothing was written" in response.content.decode()


def test_a_file_over_the_limit_is_refused_beside_its_field(bobs_browser, competition):
    competition.max_upload_bytes = 1000
    competition.save()
    response = post(bobs_browser, competition, group_file=SimpleUploadedFile("mine.py", b"#" * 2000))
    assert_refused(response, "group_file", "the most allowed here")


# --- who may --------------------------------------------------------------------------------------------------------
def test_alice_who_organises_cannot_submit(client, competition, alice):
    client.force_login(alice)
    assert post(client, competition, expression="AGE < 6").status_code == 403
    assert not Submission.objects.exists()


def test_bob_without_a_team_is_shown_the_way_in(client, competition, bob):
    client.force_login(bob)
    assert f"/c/{competition.slug}/enter/" in client.get(f"/c/{competition.slug}/submit/").content.decode()


def test_banned_bob_reads_why(bobs_browser, competition, alice, bob):
    Ban.objects.create(competition=competition, user=bob, reason="Copied files.", created_by=alice)
    response = post(bobs_browser, competition, expression="AGE < 6")
    assert response.status_code == 403
    assert "Copied files." in response.content.decode()


def test_a_closed_competition_takes_nothing(bobs_browser, competition):
    competition.status = "closed"
    competition.save()
    assert "is closed" in post(bobs_browser, competition, expression="AGE < 6").content.decode()
    assert not Submission.objects.exists()


# --- an earlier one as a start ---------------------------------------------------------------------------------------
def test_an_earlier_one_fills_the_form(bobs_browser, world, bobs):
    older = world.submission(bobs, expression="AGE < 6", state="not_shown", description="Small children")
    text = bobs_browser.get(f"/c/{world.competition.slug}/submit/?from={older.pk}").content.decode()
    assert "AGE &lt; 6</textarea>" in text
    assert "Small children" in text


@pytest.mark.parametrize("key", ["nonsense", "", "00000000-0000-0000-0000-000000000000"])
def test_a_strange_start_is_ignored(bobs_browser, competition, key):
    assert bobs_browser.get(f"/c/{competition.slug}/submit/?from={key}").status_code == 200


def test_another_teams_submission_fills_nothing(bobs_browser, world, charlies):
    theirs = world.submission(charlies, expression="AGE < 33")
    text = bobs_browser.get(f"/c/{world.competition.slug}/submit/?from={theirs.pk}").content.decode()
    assert "AGE &lt; 33" not in text


# --- the live preview -------------------------------------------------------------------------------------------------
def test_the_preview_says_words_size_and_loss(bobs_browser, world):
    text = look(bobs_browser, world.competition, "AGE < 6")
    rows = int(world.mask("AGE < 6")[world.layout.rows_of("explore")].sum())
    assert f"{rows} of 400" in text
    assert "The model does worse here" in text
    assert "age" in text


def test_the_preview_reads_explore_rows_only(bobs_browser, world, monkeypatch):
    read = []
    original = previews.artifacts.read_array
    monkeypatch.setattr(
        previews.artifacts, "read_array", lambda stored: read.append(stored.path) or original(stored)
    )
    look(bobs_browser, world.competition, "AGE < 6")
    assert read
    assert not [path for path in read if "secret" in path or path.startswith("heads/")]
    assert not [path for path in read if "practice" in path or "certification" in path or "final" in path]


def test_the_preview_warns_of_a_group_below_k(bobs_browser, competition):
    assert "too small to be judged" in look(bobs_browser, competition, "AGE == 30 and SEX == 'female'")


def test_the_preview_of_nobody_says_so(bobs_browser, competition):
    assert "Nobody on the explore rows" in look(bobs_browser, competition, "AGE > 200")


def test_the_preview_of_everybody_says_so(bobs_browser, competition):
    assert "Everybody is in this group" in look(bobs_browser, competition, "True")


def test_the_preview_of_a_bad_expression_says_what_is_wrong(bobs_browser, competition):
    assert "AGE" in look(bobs_browser, competition, "AGES < 6")


@pytest.mark.parametrize(
    "text", ["__import__('os').system('id')", "@pd.io", "AGE < " + "(" * 500, "\x00", "AGE<6;1"]
)
def test_the_preview_runs_nothing(bobs_browser, competition, text):
    page = look(bobs_browser, competition, text)
    assert "preview-error" in page


def test_the_preview_escapes_what_was_typed(bobs_browser, competition):
    assert "<script>" not in look(bobs_browser, competition, "<script>alert(1)</script>")


def test_too_many_looks_are_slowed_down(bobs_browser, competition, monkeypatch):
    monkeypatch.setattr(previews, "PREVIEWS", 2)
    for _ in range(2):
        look(bobs_browser, competition, "AGE < 6")
    assert "Wait half a minute" in look(bobs_browser, competition, "AGE < 6")


def test_the_preview_works_while_the_cache_is_away(bobs_browser, competition, monkeypatch):
    def away(*args):
        raise ConnectionError("Connection refused")

    monkeypatch.setattr(RedisCache, "add", away)
    assert "The model does worse here" in look(bobs_browser, competition, "AGE < 6")


def test_the_preview_is_for_those_who_are_logged_in(client, competition):
    assert client.post(f"/c/{competition.slug}/preview/", {"expression": "AGE < 6"}).status_code == 302
