"""Several answers in one thread are one notice, for as long as it is unread."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bounty.discussion import write
from bounty.models import Notice, Role
from bounty.notifications.email import send_digests, send_due_mails
from tests.world import new_user


@pytest.fixture
def thread(competition, bob):
    return write.start_thread(competition, "question", "Why?", "I wonder.", bob)


@pytest.fixture
def erin(competition):
    """A second moderator: she may answer as often as she likes."""
    person = new_user("erin")
    Role.objects.create(competition=competition, user=person, kind=Role.Kind.MODERATOR)
    return person


def told(user):
    return list(Notice.objects.filter(user=user, kind="reply", on_site=True).order_by("pk"))


def subjects(user):
    return [notice.subject for notice in told(user)]


def test_answers_that_are_unread_become_one_notice(thread, bob, charlie):
    first = write.reply_to_thread(thread, "One.", charlie)
    assert subjects(bob) == ["charlie replied in “Why?”"]
    write.reply_to_thread(thread, "Two.", charlie)
    write.reply_to_thread(thread, "Three.", charlie)
    (notice,) = told(bob)
    assert notice.subject == "3 new answers in “Why?”"
    assert notice.body == "Three."
    # It leads to the first that is unread.
    assert notice.url == first.get_absolute_url()


def test_after_reading_a_new_one_begins(thread, bob, charlie):
    write.reply_to_thread(thread, "One.", charlie)
    Notice.objects.filter(user=bob).update(read_at=timezone.now())
    write.reply_to_thread(thread, "Two.", charlie)
    assert subjects(bob) == ["charlie replied in “Why?”"] * 2


def test_another_thread_is_told_apart(thread, competition, bob, charlie):
    other = write.start_thread(competition, "question", "How?", "I wonder.", bob)
    write.reply_to_thread(thread, "One.", charlie)
    write.reply_to_thread(other, "One.", charlie)
    assert subjects(bob) == ["charlie replied in “Why?”", "charlie replied in “How?”"]


def test_each_reader_has_their_own_count(thread, bob, charlie, erin):
    write.reply_to_thread(thread, "One.", charlie)
    write.reply_to_thread(thread, "Two.", erin)
    assert subjects(bob) == ["2 new answers in “Why?”"]
    assert subjects(charlie) == ["erin replied in “Why?”"]


def test_a_digest_tells_of_them_once(thread, bob, charlie):
    write.reply_to_thread(thread, "One.", charlie)
    write.reply_to_thread(thread, "Two.", charlie)
    send_digests(timezone.now() + timedelta(days=2))
    (sent,) = [message for message in mail.outbox if message.to == [bob.email]]
    assert "2 new answers" in sent.body
    assert "charlie replied" not in sent.body


def test_after_a_digest_the_next_answer_is_in_the_next_digest(thread, bob, charlie):
    write.reply_to_thread(thread, "One.", charlie)
    send_digests(timezone.now() + timedelta(days=2))
    write.reply_to_thread(thread, "Two.", charlie)
    assert [(row.count, row.mail) for row in told(bob)] == [(2, "digest")]


def test_while_a_digest_is_sent_the_next_answer_is_written_apart(thread, bob, charlie):
    write.reply_to_thread(thread, "One.", charlie)
    Notice.objects.filter(user=bob).update(mail_after=timezone.now())
    write.reply_to_thread(thread, "Two.", charlie)
    assert [row.mail for row in told(bob)] == ["digest", "digest"]


def test_who_wants_mail_at_once_gets_each_by_mail_and_one_on_the_site(thread, bob, charlie, prefer):
    prefer(bob, "reply", mail="now")
    write.reply_to_thread(thread, "One.", charlie)
    send_due_mails(timezone.now())
    write.reply_to_thread(thread, "Two.", charlie)
    send_due_mails(timezone.now())
    assert subjects(bob) == ["2 new answers in “Why?”"]
    assert [m.subject.partition("] ")[2] for m in mail.outbox if m.to == [bob.email]] == [
        "charlie replied in “Why?”"
    ] * 2


def test_who_wants_mail_alone_is_not_bundled(thread, bob, charlie, prefer):
    prefer(bob, "reply", mail="daily", on_site=False)
    write.reply_to_thread(thread, "One.", charlie)
    write.reply_to_thread(thread, "Two.", charlie)
    assert Notice.objects.filter(user=bob, kind="reply", mail="digest").count() == 2
