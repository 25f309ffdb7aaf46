"""The pages, with everything that Mallory tries."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bounty.discussion import moderate, write
from bounty.models import AbuseReport, Post, Thread, WriteUp
from tests.pages import HOSTILE, page
from tests.world import new_team


def test_a_person_asks_others_answer_one_answer_is_marked(client, bob, charlie, competition):
    client.force_login(bob)
    reply = client.post(
        reverse("thread-new", args=[competition.slug]),
        {"kind": "question", "title": "What is VISITS?", "text": "Per **year**?"},
    )
    thread = Thread.objects.get()
    assert reply.url == thread.get_absolute_url()
    client.force_login(charlie)
    client.post(thread.get_absolute_url(), {"text": "Yes."})
    answer = Post.objects.get(number=2)
    client.force_login(bob)
    client.post(reverse("thread-accept", args=[competition.slug, thread.pk]), {"post": answer.pk})
    client.logout()
    shown = page(client, "thread", competition.slug, thread.pk)
    assert "<strong>year</strong>" in shown and "The answer that helped" in shown
    assert "answered" in page(client, "discussion", competition.slug)
    assert "What is VISITS?" in page(client, "discussion", competition.slug, kind="question")
    assert "What is VISITS?" not in page(client, "discussion", competition.slug, kind="announcement")


def test_hostile_markdown_is_shown_as_text(client, ask, bob, bobs, competition):
    thread = ask(bob, "<b>Title</b>", HOSTILE)
    write.save_write_up(bobs, "<i>How</i>", HOSTILE, bob)
    pages = [
        page(client, "thread", competition.slug, thread.pk),
        page(client, "write-up", competition.slug, bobs.slug),
        page(client, "discussion", competition.slug),
    ]
    for shown in pages:
        for never in (
            "<script>alert",
            "<img",
            'href="javascript',
            'href="data:',
            "<b>Title",
            "<i>How",
        ):
            assert never not in shown
    assert "<strong>bold</strong>" in pages[0] and "noopener noreferrer nofollow" in pages[0]


def test_every_page_says_that_it_runs_no_inline_script(client, thread, competition):
    reply = client.get(thread.get_absolute_url())
    assert "unsafe" not in reply["Content-Security-Policy"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "question", "title": "x" * 200, "text": "kept text"},
        {"kind": "poem", "title": "T", "text": "kept text"},
    ],
)
def test_a_bad_form_says_what_is_wrong_and_keeps_what_was_typed(client, bob, competition, data):
    client.force_login(bob)
    reply = client.post(reverse("thread-new", args=[competition.slug]), data)
    assert reply.status_code == 422
    if "text" in data:
        assert "kept text" in reply.content.decode()
    assert not Thread.objects.exists()


def test_bob_cannot_announce_by_writing_the_form_himself(client, bob, competition):
    client.force_login(bob)
    data = {"kind": "announcement", "title": "T", "text": "X"}
    assert client.post(reverse("thread-new", args=[competition.slug]), data).status_code == 422
    assert not Thread.objects.exists()


def test_an_announcement_stands_on_the_competition_s_page(client, ask, alice, competition):
    ask(alice, "The data were corrected", kind="announcement")
    assert "The data were corrected" in page(client, "competition", competition.slug)


def test_a_stranger_is_asked_to_log_in_and_their_text_is_kept(client, thread):
    reply = client.post(thread.get_absolute_url(), {"text": "kept text"})
    assert reply.status_code == 403
    assert "Log in to write." in reply.content.decode() and "kept text" in reply.content.decode()
    assert thread.posts.count() == 1


def test_too_fast_keeps_the_text(client, thread, bob):
    client.force_login(bob)
    for _ in range(4):
        client.post(thread.get_absolute_url(), {"text": "again"})
    reply = client.post(thread.get_absolute_url(), {"text": "kept text"})
    assert reply.status_code == 422 and "kept text" in reply.content.decode()


def test_mallory_reaches_nothing_of_an_invitation_only_competition(client, make, bob, mallory):
    hidden = make(visibility="invitation").competition
    team = new_team(hidden, bob, "Bob's")
    thread = write.start_thread(hidden, "question", "Secret?", "Yes", bob)
    write.save_write_up(team, "How", "So.", bob)
    post = thread.posts.get()
    client.force_login(mallory)
    slug = hidden.slug
    for name, args in (
        ("discussion", [slug]),
        ("thread-new", [slug]),
        ("thread", [slug, thread.pk]),
        ("post-edit", [slug, post.pk]),
        ("post-history", [slug, post.pk]),
        ("write-ups", [slug]),
        ("write-up", [slug, team.slug]),
        ("write-up-edit", [slug, team.slug]),
        ("write-up-history", [slug, team.slug]),
        ("report", [slug, "post", post.pk]),
        ("moderate-text", [slug, "post", post.pk]),
    ):
        page(client, name, *args, status=404)


def test_a_thread_is_not_reached_through_another_competition(client, thread, make, bob):
    elsewhere = make().competition
    client.force_login(bob)
    page(client, "thread", elsewhere.slug, thread.pk, status=404)
    page(client, "post-edit", elsewhere.slug, thread.posts.get().pk, status=404)


def test_held_and_hidden_text_is_for_its_author_and_moderators_only(
    client, thread, answer, bob, charlie, dana, competition
):
    held = write.reply_to_thread(thread, "They are vermin, I was told.", charlie)
    moderate.hide_text(answer, "Unkind.", dana)
    address = ("thread", competition.slug, thread.pk)
    for reader, sees in ((None, False), (bob, False), (charlie, True), (dana, True)):
        if reader:
            client.force_login(reader)
        shown = page(client, *address)
        assert ("They are vermin" in shown, "Because." in shown) == (sees, sees)
    client.force_login(bob)
    page(client, "post-history", competition.slug, held.pk, status=404)
    page(client, "report", competition.slug, "post", held.pk, status=404)


def test_a_post_is_edited_and_its_history_read(client, answer, charlie, competition):
    client.force_login(charlie)
    client.post(
        reverse("post-edit", args=[competition.slug, answer.pk]), {"text": "Because of this.", "do": "change"}
    )
    client.logout()
    shown = page(client, "post-history", competition.slug, answer.pk)
    assert "Because of this." in shown and "<p>Because.</p>" in shown


def test_others_cannot_edit_it(client, answer, bob, dana, competition):
    for other in (bob, dana):
        client.force_login(other)
        address = reverse("post-edit", args=[competition.slug, answer.pk])
        assert client.get(address).status_code == 403
        assert client.post(address, {"text": "Mine", "do": "delete"}).status_code == 403
    assert Post.objects.get(pk=answer.pk).state == "shown"


def test_a_post_is_deleted_by_its_author(client, answer, charlie, competition):
    client.force_login(charlie)
    client.post(reverse("post-edit", args=[competition.slug, answer.pk]), {"do": "delete"})
    client.logout()
    shown = page(client, "thread", competition.slug, answer.thread_id)
    assert "Deleted by its author." in shown and "<p>Because.</p>" not in shown


def test_a_long_thread_is_turned_page_by_page_and_links_find_the_page(
    client, thread, bob, django_assert_max_num_queries
):
    Post.objects.bulk_create(
        Post(thread=thread, number=n, author=bob, text=f"Post {n}.") for n in range(2, 61)
    )
    last = Post.objects.get(number=60)
    assert "?page=3#post-" in last.get_absolute_url()
    with django_assert_max_num_queries(14):
        shown = client.get(last.get_absolute_url()).content.decode()
    assert "Post 60." in shown and "Post 2." not in shown


def test_moderators_pin_and_lock_by_button_and_nobody_else(client, thread, bob, dana, competition):
    address = reverse("thread-settle", args=[competition.slug, thread.pk])
    client.force_login(bob)
    assert client.post(address, {"do": "lock"}).status_code == 403
    client.force_login(dana)
    client.post(address, {"do": "lock"})
    client.post(address, {"do": "pin"})
    thread.refresh_from_db()
    assert thread.locked and thread.pinned
    client.force_login(bob)
    reply = client.post(thread.get_absolute_url(), {"text": "kept text"})
    assert reply.status_code == 403 and "locked" in reply.content.decode()


def test_a_report_goes_to_the_queue_and_is_answered_there(client, answer, bob, dana, competition):
    client.force_login(bob)
    address = reverse("report", args=[competition.slug, "post", answer.pk])
    assert client.post(address, {}).status_code == 422
    client.post(address, {"category": "insult", "text": "See."})
    report = AbuseReport.objects.get()
    page(client, "moderate-report", competition.slug, report.pk, status=403)
    client.force_login(dana)
    assert "insults, threats or contempt" in page(client, "moderate", competition.slug)
    shown = page(client, "moderate-report", competition.slug, report.pk)
    assert "See." in shown and "Because." in shown
    decide = report.get_absolute_url()
    assert client.post(decide, {"do": "uphold", "reason": ""}).status_code == 422
    client.post(decide, {"do": "uphold", "reason": "Unkind."})
    assert Post.objects.get(pk=answer.pk).state == "hidden"
    assert "Unkind." in page(client, "moderate-report", competition.slug, report.pk)


def test_a_held_text_is_shown_or_hidden_from_its_page(client, thread, charlie, dana, bob, competition):
    held = write.reply_to_thread(thread, "They are scum.", charlie)
    address = reverse("moderate-text", args=[competition.slug, "post", held.pk])
    client.force_login(bob)
    assert client.get(address).status_code == 403
    client.force_login(dana)
    assert "They are scum." in client.get(address).content.decode()
    assert client.post(address, {"do": "show", "reason": " "}).status_code == 422
    client.post(address, {"do": "show", "reason": "A quotation."})
    held.refresh_from_db()
    assert held.state == "shown"
    client.post(address, {"do": "hide", "reason": "Or not."})
    held.refresh_from_db()
    assert held.state == "hidden"
    assert "A quotation." in client.get(address).content.decode()


def test_a_write_up_is_linked_from_its_team_s_page(client, bob, bobs, competition):
    client.force_login(bob)
    address = reverse("write-up-edit", args=[competition.slug, bobs.slug])
    assert client.post(address, {"title": "How we did it", "text": ""}).status_code == 422
    client.post(address, {"title": "How we did it", "text": "With **care**."})
    client.logout()
    assert "How we did it" in page(client, "team", competition.slug, bobs.slug)
    assert "How we did it" in page(client, "write-ups", competition.slug)
    assert "<strong>care</strong>" in page(client, "write-up", competition.slug, bobs.slug)
    client.force_login(bob)
    client.post(address, {"do": "delete"})
    assert WriteUp.objects.get().state == "deleted"
    client.logout()
    page(client, "write-up", competition.slug, bobs.slug, status=404)


def test_mallory_writes_no_team_s_write_up(client, mallory, bobs, competition):
    client.force_login(mallory)
    address = reverse("write-up-edit", args=[competition.slug, bobs.slug])
    assert client.get(address).status_code == 403
    assert client.post(address, {"title": "Ours", "text": "X"}).status_code == 403
