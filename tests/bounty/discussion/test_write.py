"""Starting, answering, changing, taking back; who may not, and what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bounty.core.errors import Refusal
from bounty.discussion import moderate, read, write
from bounty.models import Ban, Notice, Participation, Post, Revision, Thread, WriteUp
from tests.world import new_team

ABUSE = "They are vermin."


def listed(user, competition):
    return [thread.title for thread in read.visible_threads(user, competition)]


def told(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", "subject"))


def ban(user, competition, by):
    Ban.objects.create(competition=competition, user=user, reason="Spam.", created_by=by)


# --- starting and answering ------------------------------------------------------------------------------------------
def test_a_question_is_listed_and_the_organiser_hears_of_it(ask, bob, alice, mallory, competition):
    ask(bob, "Why is AGE missing?")
    assert listed(mallory, competition) == ["Why is AGE missing?"]
    assert told(alice) == [("reply", "bob asks: Why is AGE missing?")]


def test_whoever_wrote_before_hears_of_an_answer(thread, answer, bob, charlie, mallory):
    write.reply_to_thread(thread, "Thanks.", bob)
    assert ("reply", "charlie replied in “Why?”") in told(bob)
    assert told(charlie) == [("reply", "bob replied in “Why?”")]
    assert told(mallory) == []


def test_the_last_answer_moves_a_thread_up_and_pinned_ones_stay_first(ask, bob, charlie, dana, competition):
    old, pinned, new = ask(bob, "Old"), ask(bob, "Pinned"), ask(charlie, "New")
    moderate.pin_thread(pinned, True, dana)
    assert listed(bob, competition) == ["Pinned", "New", "Old"]
    write.reply_to_thread(old, "Still true.", charlie)
    assert listed(bob, competition) == ["Pinned", "Old", "New"]
    assert new.posts.count() == 1


def test_only_organisers_announce_and_everybody_who_takes_part_is_told(
    ask, alice, bob, bobs, charlie, mallory, competition
):
    with pytest.raises(PermissionDenied, match="Only organisers"):
        ask(bob, "Look here", kind="announcement")
    Participation.objects.create(competition=competition, user=charlie, invited=True)
    ask(alice, "Rules were made clearer", kind="announcement")
    assert told(bob) == told(charlie) == [("announcement", "Rules were made clearer")]
    assert told(alice) == told(mallory) == []


def test_who_was_excluded_writes_and_changes_nothing(ask, thread, alice, bob, competition):
    ban(bob, competition, alice)
    post = thread.posts.get()
    for attempt in (
        lambda: ask(bob, "Again"),
        lambda: write.reply_to_thread(thread, "Again", bob),
        lambda: write.change_post(post, "Again", bob),
        lambda: write.delete_post(post, bob),
    ):
        with pytest.raises(PermissionDenied, match="excluded you from this competition: Spam"):
            attempt()
    assert Post.objects.get().text == "I wonder."


def test_mallory_writes_nowhere_she_cannot_look(make, mallory):
    hidden = make(visibility="invitation").competition
    with pytest.raises(PermissionDenied, match="by invitation"):
        write.start_thread(hidden, "question", "Hello?", "Anybody?", mallory)


def test_a_locked_thread_takes_answers_from_moderators_only(thread, answer, bob, charlie, dana):
    moderate.lock_thread(thread, True, dana)
    with pytest.raises(PermissionDenied, match="locked"):
        write.reply_to_thread(thread, "But", bob)
    thread.refresh_from_db()
    answer.thread.refresh_from_db()
    with pytest.raises(PermissionDenied, match="locked"):
        write.change_post(answer, "But", charlie)
    write.reply_to_thread(thread, "Closed, because it is answered.", dana)
    moderate.lock_thread(thread, False, dana)
    write.reply_to_thread(thread, "Thanks", bob)


def test_nobody_fills_a_discussion_alone(thread, bob, charlie):
    for number in range(4):
        write.reply_to_thread(thread, f"Again {number}", bob)
    with pytest.raises(Refusal, match="5 texts within 2 minutes"):
        write.reply_to_thread(thread, "And again", bob)
    with pytest.raises(Refusal, match="a little later"):
        write.change_post(thread.posts.get(number=1), "Changed", bob)
    assert thread.posts.count() == 5
    write.reply_to_thread(thread, "Me too", charlie)
    Post.objects.filter(author=bob).update(created_at=timezone.now() - timedelta(minutes=3))
    write.reply_to_thread(thread, "Now", bob)


# --- changing and taking back ----------------------------------------------------------------------------------------
def test_a_change_keeps_what_was_said_before(answer, charlie):
    write.change_post(answer, "Because of the survey.", charlie)
    write.change_post(answer, "Because of the survey.", charlie)
    answer.refresh_from_db()
    assert answer.text == "Because of the survey." and answer.edited_at is not None
    assert list(Revision.objects.values_list("text", flat=True)) == ["Because."]


def test_nobody_changes_another_s_post_not_even_a_moderator(answer, bob, dana, mallory):
    for other in (bob, dana, mallory):
        with pytest.raises(PermissionDenied, match="Only its author"):
            write.change_post(answer, "Mine now", other)
        with pytest.raises(PermissionDenied, match="Only its author"):
            write.delete_post(answer, other)


def test_a_deleted_question_vanishes_unless_it_was_answered(ask, thread, answer, bob, mallory, competition):
    lonely = ask(bob, "Lonely")
    write.delete_post(lonely.posts.get(), bob)
    write.delete_post(thread.posts.get(number=1), bob)
    assert listed(mallory, competition) == ["Why?"]
    with pytest.raises(PermissionDenied, match="deleted"):
        write.change_post(Post.objects.get(thread=thread, number=1), "Back", bob)


# --- accepted answers ------------------------------------------------------------------------------------------------
def test_who_asked_accepts_an_answer_and_its_author_is_told(thread, answer, bob, charlie):
    write.accept_answer(thread, answer, bob)
    thread.refresh_from_db()
    assert thread.accepted == answer
    assert told(charlie) == [("reply", "Your answer in “Why?” was accepted")]
    write.accept_answer(thread, None, bob)
    thread.refresh_from_db()
    assert thread.accepted is None


def test_others_accept_nothing(thread, answer, charlie, mallory, dana):
    for other in (charlie, mallory, dana):
        with pytest.raises(PermissionDenied, match="Only who asked"):
            write.accept_answer(thread, answer, other)


def test_neither_the_question_itself_nor_another_thread_s_post_is_an_answer(ask, thread, answer, bob):
    other = ask(bob, "Another")
    for post in (thread.posts.get(number=1), other.posts.get()):
        with pytest.raises(Refusal, match="no answer to this question"):
            write.accept_answer(thread, post, bob)


def test_a_discussion_has_no_accepted_answer(ask, bob, charlie):
    talk = ask(bob, "Ideas", kind="discussion")
    with pytest.raises(PermissionDenied, match="Only a question"):
        write.accept_answer(talk, write.reply_to_thread(talk, "One", charlie), bob)


def test_an_accepted_answer_that_is_taken_back_is_no_longer_accepted(thread, answer, bob, charlie):
    write.accept_answer(thread, answer, bob)
    write.delete_post(answer, charlie)
    thread.refresh_from_db()
    assert thread.accepted is None


# --- held ------------------------------------------------------------------------------------------------------------
def test_abuse_is_held_and_nobody_is_told_until_a_moderator_shows_it(thread, bob, charlie, dana, mallory):
    post = write.reply_to_thread(thread, ABUSE, charlie)
    assert (post.state, told(bob)) == ("held", [])
    moderate.show_text(post, "A quotation.", dana)
    assert told(bob) == [("reply", "charlie replied in “Why?”")]
    assert ("moderation", "What you wrote in “Why?” is shown") in told(charlie)


def test_an_abusive_title_holds_the_whole_thread(ask, bob, charlie, dana, competition):
    ask(bob, "Who are these idiots?")
    assert listed(charlie, competition) == []
    assert listed(bob, competition) == listed(dana, competition) == ["Who are these idiots?"]


def test_what_is_held_stays_held_however_it_is_reworded(thread, charlie):
    post = write.reply_to_thread(thread, ABUSE, charlie)
    write.change_post(post, "They are people.", charlie)
    post.refresh_from_db()
    assert post.state == "held"


def test_abuse_that_is_edited_in_later_is_held_too(answer, charlie):
    write.change_post(answer, ABUSE, charlie)
    answer.refresh_from_db()
    assert answer.state == "held"


# --- write-ups -------------------------------------------------------------------------------------------------------
def test_a_team_writes_up_what_it_did_and_changes_it(bobs, bob):
    write.save_write_up(bobs, "How we did it", "With a tree.", bob)
    write.save_write_up(bobs, "How we did it", "With two trees.", bob)
    written = WriteUp.objects.get()
    assert written.text == "With two trees."
    assert [revision.text for revision in written.revisions.all()] == ["With a tree."]


def test_nobody_else_writes_it(bobs, charlies, charlie, alice, mallory):
    for other in (charlie, alice, mallory):
        with pytest.raises(PermissionDenied, match="Only the team's members"):
            write.save_write_up(bobs, "Ours", "Text", other)
    assert not WriteUp.objects.exists()


def test_an_abusive_one_is_held_and_a_hidden_one_stays_hidden(bobs, bob, dana, competition):
    written = write.save_write_up(bobs, "How", ABUSE, bob)
    assert written.state == "held" and not read.shown_write_ups(competition).exists()
    moderate.hide_text(written, "Contempt.", dana)
    bobs.refresh_from_db()
    with pytest.raises(PermissionDenied, match="hidden it: Contempt"):
        write.save_write_up(bobs, "How", "Kindly.", bob)


def test_a_team_elsewhere_is_another_team(make, mallory, bobs):
    elsewhere = make().competition
    new_team(elsewhere, mallory, "Mallory's")
    with pytest.raises(PermissionDenied, match="Only the team's members"):
        write.save_write_up(bobs, "Ours", "Text", mallory)


def test_a_long_list_is_read_in_a_few_queries(ask, bob, competition, mallory, django_assert_max_num_queries):
    Thread.objects.bulk_create(
        Thread(competition=competition, kind="discussion", title=f"{n}", author=bob, last_at=timezone.now())
        for n in range(100)
    )
    rows = Thread.objects.all()
    Post.objects.bulk_create(Post(thread=row, number=1, author=bob, text="x") for row in rows)
    with django_assert_max_num_queries(2):
        assert (
            len(
                [
                    (row.title, row.author.get_username(), row.replies)
                    for row in read.visible_threads(mallory, competition)
                ]
            )
            == 100
        )
