"""Following a submission: states, the verdict in words and numbers, and who may see any of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bounty.adjudication import judge
from bounty.models import Role, Submission, Verdict
from bounty.submissions import queue_position, status
from evaluator.errors import ErrorClass
from tests.pages import log_in, read_submission
from tests.world import new_team

CODE = b"def group(X):\n    return X['AGE'] < 6\n\nPASSWORD = 'very secret idea'\n"
TRACEBACK = "Traceback: KeyError: '<b>AGES</b>'"


@pytest.fixture
def bobs_file(bob, bobs, competition, sent) -> Submission:
    """Bob sent a Python file; it failed on public rows."""
    data = {"patch": "none", "group_file": SimpleUploadedFile("mine.py", CODE), "description": "A hunch"}
    log_in(bob).post(f"/c/{competition.slug}/submit/", data)
    submission = Submission.objects.get()
    submission.move("queued", "failed", error_class="crashed", error_detail=TRACEBACK)
    return submission


@pytest.fixture
def judged(world, bobs) -> Submission:
    """Bob's patch for small children, accepted."""
    mask = world.mask("AGE < 6")
    submission = world.evaluated(bobs, "AGE < 6", world.patch(mask, right=0.95), words="age under 6 years")
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


# --- nobody else sees a submission, a file, a traceback ------------------------------------------------------------
TAILS = ["", "state/", "files/group"]


@pytest.mark.parametrize("tail", TAILS)
def test_mallory_does_not_see_bobs_submission(bobs_file, mallory, tail):
    assert log_in(mallory).get(bobs_file.get_absolute_url() + tail).status_code == 404


@pytest.mark.parametrize("tail", TAILS)
def test_charlie_of_another_team_does_not_see_it(bobs_file, charlie, charlies, tail):
    assert log_in(charlie).get(bobs_file.get_absolute_url() + tail).status_code == 404


@pytest.mark.parametrize("tail", TAILS)
def test_a_visitor_does_not_see_it(bobs_file, tail):
    assert log_in(None).get(bobs_file.get_absolute_url() + tail).status_code == 404


@pytest.mark.parametrize("tail", TAILS)
def test_bob_and_alice_who_organises_see_it(bobs_file, bob, alice, tail):
    for person in (bob, alice):
        assert log_in(person).get(bobs_file.get_absolute_url() + tail).status_code == 200


def test_a_moderator_sees_it(bobs_file, charlie):
    Role.objects.create(competition=bobs_file.competition, user=charlie, kind="moderator")
    assert "KeyError" in read_submission(charlie, bobs_file)


@pytest.mark.parametrize("action", ["withdraw/", "again/"])
def test_nobody_else_withdraws_or_asks_again(bobs_file, alice, mallory, charlie, charlies, action):
    for person in (alice, mallory, charlie):
        assert log_in(person).post(bobs_file.get_absolute_url() + action).status_code == 404
    assert log_in(None).post(bobs_file.get_absolute_url() + action).status_code == 302  # to the log-in
    bobs_file.refresh_from_db()
    assert bobs_file.state == "failed"


def test_it_is_not_found_under_another_competition(bobs_file, bob, make):
    other = make().competition
    assert log_in(bob).get(f"/c/{other.slug}/submissions/{bobs_file.pk}/").status_code == 404


def test_what_does_not_exist_is_not_found(competition, bob):
    assert log_in(bob).get(f"/c/{competition.slug}/submissions/{uuid4()}/").status_code == 404


def test_strangers_read_an_accepted_one_in_words_only(judged, mallory):
    judged.description = "Parents take them at once."
    judged.save()
    for person in (mallory, None):
        text = read_submission(person, judged)
        assert "age under 6 years" in text
        assert "Parents take them at once." in text
        assert "AGE &lt; 6" not in text
        assert "The arithmetic" not in text


def test_sources_open_after_the_close(judged, mallory):
    judged.competition.status = "closed"
    judged.competition.save()
    assert "AGE &lt; 6" in read_submission(mallory, judged)


def test_sources_stay_shut_where_the_organiser_says_so(judged, mallory):
    judged.competition.status = "closed"
    judged.competition.show_sources = False
    judged.competition.save()
    assert "AGE &lt; 6" not in read_submission(mallory, judged)


def test_a_file_is_always_a_download(bobs_file, bob):
    response = log_in(bob).get(bobs_file.get_absolute_url() + "files/group")
    assert response.content == CODE
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"].startswith("text/plain")
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("part", ["patch", "..", "other"])
def test_a_part_that_was_not_sent_is_not_found(bobs_file, bob, part):
    assert log_in(bob).get(bobs_file.get_absolute_url() + f"files/{part}").status_code == 404


# --- what is said ---------------------------------------------------------------------------------------------------
def test_a_failure_is_explained_with_its_traceback_escaped(bobs_file, bob):
    text = read_submission(bob, bobs_file)
    assert "Could not be run" in text
    assert "&lt;b&gt;AGES&lt;/b&gt;" in text
    assert "<b>AGES</b>" not in text
    assert "python -m evaluator check mine.py" in text
    assert "--label SEEN" in text


def test_the_command_to_reproduce_it_can_be_pasted(world, bob, bobs):
    failed = {
        "state": "failed",
        "error_class": "crashed",
        "expression": "`odd name` == 'x'",
        "patch_kind": "fit",
    }
    text = read_submission(bob, world.submission(bobs, **failed))
    assert "--expression &#x27;`odd name` == " in text


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_every_error_class_has_words(bobs_file, error_class):
    bobs_file.error_class = error_class
    failure = queue_position.explain_failure(bobs_file)
    assert failure
    assert failure.title != "the cause has no name here"


def test_an_accepted_patch_is_told_in_one_sentence_and_as_arithmetic(judged, bob):
    text = read_submission(bob, judged)
    assert judged.state == "accepted"
    assert judged.verdict.sentence.startswith("Accepted")
    assert "on practice rows" in text.lower()
    for words in (
        "Changed answers",
        "won ",
        "Chance of passing certification",
        "The certification query",
        "Yes.",
    ):
        assert words in text


def test_one_not_shown_yet_says_what_it_lacks(world, bob, bobs):
    mask = world.mask("AGE >= 20 and AGE < 40")
    submission = world.evaluated(bobs, "AGE >= 20 and AGE < 40", world.patch(mask, right=0.85))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    text = read_submission(bob, submission)
    assert submission.state == "not_shown"
    assert "What to try next" in text
    assert "No certification query was asked" in text


def test_a_finding_is_told_with_both_losses(world, bob, bobs):
    submission = world.evaluated(bobs, "AGE < 6")
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    text = read_submission(bob, submission)
    assert submission.state == "worse"
    assert "Error of everyone else" in text
    assert "Submit a patch for this group" in text


def test_protected_groups_are_named_before_and_after(make, bob, sent):
    world = make(declared={"Women": "SEX == 'female'"})
    team = new_team(world.competition, bob, "Bob's Builders")
    submission = world.evaluated(team, "AGE < 6", world.patch(world.mask("AGE < 6"), right=0.95))
    judge.judge_submission(submission.pk)
    text = read_submission(bob, submission)
    assert "Protected groups" in text
    assert "Women" in text


def test_a_held_one_says_why_and_what_happens(world, bob, bobs):
    submission = world.submission(bobs, state="held", hold="held", hold_reason="The group is tiny.")
    text = read_submission(bob, submission)
    assert "The group is tiny." in text
    assert "48 hours" in text


def test_our_own_fault_is_called_ours(world, bob, bobs, clock):
    again = clock.now + timedelta(seconds=4)
    text = read_submission(bob, world.submission(bobs, state="error", lease_until=again))
    assert "on our side" in text
    assert "tried again by itself" in text and "attempt" not in text
    assert "costs you nothing" in text


# --- polling ----------------------------------------------------------------------------------------------------------
def test_a_running_one_is_polled_and_an_ended_one_is_not(world, bob, bobs):
    running = world.submission(bobs, state="evaluating", stage="practice rows")
    assert "hx-get" in read_submission(bob, running)
    ended = world.submission(bobs, state="withdrawn")
    assert "hx-get" not in read_submission(bob, ended)


def test_a_poll_sends_the_content_only_when_it_changed(world, bob, bobs):
    submission = world.submission(bobs, state="evaluating", stage="public rows")
    seen = queue_position.status_fingerprint(submission, status.progress_of(submission, timezone.now()).mark)
    same = read_submission(bob, submission, f"state/?seen={seen}&n=3")
    assert "hx-get" in same
    assert "hx-swap-oob" not in same
    submission.move("evaluating", "judging")
    assert "hx-swap-oob" in read_submission(bob, submission, f"state/?seen={seen}&n=3")


def test_the_last_poll_brings_the_verdict_and_stops(judged, bob):
    text = read_submission(bob, judged, "state/?seen=judging&n=9")
    assert "hx-get" not in text
    assert judged.verdict.sentence[:20] in text


def test_polls_back_off():
    delays = [queue_position.poll_delay(n) for n in (0, 4, 30, 100, 500)]
    assert delays == ["300ms", "1s", "2s", "5s", "15s"]


@pytest.mark.parametrize("count", ["-1", "x", "9" * 40, "²"])
def test_a_strange_poll_count_does_no_harm(world, bob, bobs, count):
    submission = world.submission(bobs, state="evaluating")
    assert log_in(bob).get(submission.get_absolute_url() + "state/", {"n": count}).status_code == 200


def test_the_place_in_the_queue_is_said(world, bob, bobs, charlies):
    world.submission(charlies)
    second = world.submission(bobs)
    assert "1 ahead of it" in read_submission(bob, second)


# --- what may be done -------------------------------------------------------------------------------------------------
def test_bob_withdraws_a_queued_one(world, bob, bobs):
    submission = world.submission(bobs)
    log_in(bob).post(submission.get_absolute_url() + "withdraw/")
    submission.refresh_from_db()
    assert submission.state == "withdrawn"


def test_withdrawing_one_that_ended_says_so(judged, bob):
    response = log_in(bob).post(judged.get_absolute_url() + "withdraw/", follow=True)
    assert "has ended already" in response.content.decode()


def test_a_get_withdraws_nothing(world, bob, bobs):
    submission = world.submission(bobs)
    assert log_in(bob).get(submission.get_absolute_url() + "withdraw/").status_code == 405


def test_bob_asks_again_once_the_model_has_moved_on(world, bob, bobs, charlies, sent):
    weak = world.evaluated(bobs, "AGE < 3", world.patch(world.mask("AGE < 3"), right=0.45))
    judge.judge_submission(weak.pk)
    assert "would be the same" in read_submission(bob, weak)
    better = world.evaluated(charlies, "AGE < 6", world.patch(world.mask("AGE < 6"), right=0.95))
    judge.judge_submission(better.pk)
    assert "Ask again" in read_submission(bob, weak)
    log_in(bob).post(weak.get_absolute_url() + "again/")
    weak.refresh_from_db()
    assert weak.state == "judging"


# --- the list ------------------------------------------------------------------------------------------------------
def list_of(person, competition, query: str = "") -> str:
    return log_in(person).get(f"/c/{competition.slug}/submissions/{query}").content.decode()


def test_the_list_shows_states_and_sentences(judged, bob):
    text = list_of(bob, judged.competition)
    assert "accepted" in text
    assert judged.verdict.sentence[:30] in text


def test_the_list_is_filtered_by_state(world, bob, bobs):
    world.submission(bobs, state="failed", words="one that failed")
    world.submission(bobs, state="withdrawn", words="one taken back")
    text = list_of(bob, world.competition, "?state=failed")
    assert "one that failed" in text
    assert "one taken back" not in text
    assert "one taken back" in list_of(bob, world.competition, "?state=nonsense")


def test_the_list_holds_ones_own_team_only(world, bob, bobs, charlies):
    world.submission(charlies, words="Charlie's idea")
    assert "Charlie&#x27;s idea" not in list_of(bob, world.competition)


def test_the_list_has_pages(world, bob, bobs):
    for i in range(30):
        world.submission(bobs, words=f"idea {i:02}")
    assert "Page 1 of 2" in list_of(bob, world.competition)
    assert "idea 00" in list_of(bob, world.competition, "?page=2")
    assert "Page 2 of 2" in list_of(bob, world.competition, "?page=99")


def test_an_empty_list_says_what_would_be_there(competition, bob, bobs, charlie):
    assert "Submit the first" in list_of(bob, competition)
    assert "Enter the competition" in list_of(charlie, competition)


def test_the_list_asks_no_query_a_row(world, bob, bobs, django_assert_max_num_queries):
    for i in range(20):
        submission = world.submission(bobs, state="not_shown")
        Verdict.objects.create(submission=submission, sentence=f"Not shown yet: {i}")
    client = log_in(bob)
    with django_assert_max_num_queries(12):
        client.get(f"/c/{world.competition.slug}/submissions/")


def test_nobody_anonymous_has_submissions(competition):
    assert not AnonymousUser().has_perm("bounty.submit", competition)
    assert log_in(None).get(f"/c/{competition.slug}/submissions/").status_code == 302
