"""Mail: at once, once a day, never lost, and ended by one click."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from itertools import pairwise

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as box
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from bounty.models import Notice, NoticePreference, Participation
from bounty.notifications import email, notify_users, unsubscribe

pytestmark = pytest.mark.usefixtures("clock")


def say(to, competition=None, kind="announcement", subject="Hello", body="More."):
    notify_users(kind, to=to, competition=competition, subject=subject, body=body, url="/words/")


class Broken(EmailBackend):
    """A mail server that is not there."""

    opened = 0

    def open(self):
        type(self).opened += 1
        raise ConnectionRefusedError("no mail server")

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")


class Picky(EmailBackend):
    """A mail server that refuses Bob's address."""

    def send_messages(self, messages):
        if "bob@example.org" in messages[0].to:
            raise smtplib.SMTPRecipientsRefused({"bob@example.org": (550, b"no such user")})
        return super().send_messages(messages)


@pytest.fixture
def now():
    return timezone.now() + timedelta(seconds=1)


def test_a_notice_goes_out_at_once_with_a_link_that_ends_it(bob, competition, now, settings):
    settings.SITE_URL = "https://bounty.example"
    say([bob], competition)
    email.send_due_mails(now)
    (message,) = box.outbox
    assert message.to == ["bob@example.org"]
    assert message.subject == "[Who sees a doctor] Hello"
    assert "More." in message.body and "https://bounty.example/words/" in message.body
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://bounty.example/notices/unsubscribe/") and link in message.body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Notice.objects.get().mail == "sent"


def test_nothing_is_sent_twice(bob, now):
    say([bob])
    email.send_due_mails(now)
    email.send_due_mails(now)
    assert len(box.outbox) == 1


def test_a_subject_with_a_line_break_forges_no_header(bob, competition, now):
    competition.title = "Doctors\nBcc: everybody@example.org"
    competition.save()
    say([bob], competition)
    email.send_due_mails(now)
    (message,) = box.outbox
    assert message.subject == "[Doctors Bcc: everybody@example.org] Hello"
    assert message.message()["Bcc"] is None


def test_a_broken_mail_server_loses_nothing(bob, charlie, now, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    say([bob, charlie])
    email.send_due_mails(now)
    assert {n.mail for n in Notice.objects.all()} == {"waiting"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    email.send_due_mails(now + timedelta(seconds=email.FIRST_WAIT))
    assert sorted(message.to[0] for message in box.outbox) == ["bob@example.org", "charlie@example.org"]


def test_after_one_failure_the_other_mails_do_not_wait_for_the_same_server_again(bob, charlie, now, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    Broken.opened = 0
    say([bob, charlie])
    email.send_due_mails(now)
    assert Broken.opened == 1
    assert sorted(Notice.objects.values_list("mail_attempts", flat=True)) == [0, 1]


def test_one_refused_address_keeps_nobody_else_from_their_mail(bob, charlie, now, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Picky"
    say([bob, charlie])
    email.send_due_mails(now)
    assert [message.to for message in box.outbox] == [["charlie@example.org"]]
    assert Notice.objects.get(user=bob).mail == "waiting"


def test_it_is_tried_ever_more_slowly_and_given_up_after_days(bob, now, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    say([bob])
    at, waits = now, []
    while (notice := Notice.objects.get()).mail == "waiting":
        at = max(at, notice.mail_after)
        email.send_due_mails(at)
        waits.append(at)
    assert len(waits) == email.MOST_ATTEMPTS
    gaps = [later - earlier for earlier, later in pairwise(waits)]
    assert gaps == sorted(gaps)
    assert waits[-1] - waits[0] > timedelta(days=2)
    assert (notice.mail, notice.on_site) == ("failed", True)


def test_nobody_is_written_to_at_an_address_that_they_did_not_confirm(bob, now):
    EmailAddress.objects.create(user=bob, email="bob@example.org", verified=False, primary=True)
    say([bob])
    email.send_due_mails(now)
    assert box.outbox == []
    assert Notice.objects.get().mail == "none"


def test_who_was_put_out_of_a_competition_gets_no_mail_of_it_any_more(make, bob, now):
    competition = make(visibility="invitation").competition
    entry = Participation.objects.create(competition=competition, user=bob)
    say([bob], competition)
    say([bob], competition, kind="reply", subject="Later")
    entry.delete()
    email.send_due_mails(now)
    email.send_digests(now + timedelta(days=1))
    assert box.outbox == []


# --- digest ----------------------------------------------------------------------------------------------------------
def morning(settings, now):
    """The next hour of digests."""
    return email.latest_digest_time(now) + timedelta(days=1)


def test_a_day_comes_as_one_mail_grouped_by_competition(bob, competition, now, settings):
    say([bob], competition, kind="reply", subject="First reply")
    say([bob], competition, kind="reply", subject="Second reply")
    say([bob], kind="reply", subject="Without one")
    email.send_digests(now)
    assert box.outbox == []
    email.send_digests(morning(settings, now))
    (message,) = box.outbox
    assert message.subject == "Bias Bounty: 3 notices"
    body = message.body
    assert body.index("Who sees a doctor") < body.index("First reply") < body.index("Second reply")
    assert body.index("Your account") < body.index("Without one")
    assert "List-Unsubscribe" in message.extra_headers
    email.send_digests(morning(settings, now))
    assert len(box.outbox) == 1


def test_a_missed_morning_is_caught_up_with(bob, now, settings):
    say([bob], kind="reply")
    email.send_digests(morning(settings, now) + timedelta(days=3, hours=5))
    assert len(box.outbox) == 1


def test_a_digest_that_could_not_be_sent_comes_later(bob, now, settings):
    say([bob], kind="reply")
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    at = morning(settings, now)
    email.send_digests(at)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    email.send_digests(at)
    assert box.outbox == []
    email.send_digests(at + timedelta(seconds=email.FIRST_WAIT))
    assert len(box.outbox) == 1


def test_a_long_day_is_cut_and_counted(bob, now, settings):
    for number in range(60):
        say([bob], kind="reply", subject=f"Reply {number}.")
    email.send_digests(morning(settings, now))
    (message,) = box.outbox
    assert "Reply 59." in message.body and "Reply 9." not in message.body
    assert "10 older notices wait on the site." in message.body


# --- ending it -------------------------------------------------------------------------------------------------------
def path_of(link):
    return "/notices/" + link.split("/notices/", 1)[1]


def test_a_mail_program_ends_it_by_one_post_without_log_in(bob, client, now):
    client.handler.enforce_csrf_checks = True
    path = path_of(unsubscribe.unsubscribe_link(bob, "announcement"))
    reply = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert reply.status_code == 200
    say([bob])
    email.send_due_mails(now)
    assert box.outbox == []
    assert Notice.objects.get().on_site


def test_fetching_the_link_changes_nothing(bob, client):
    path = path_of(unsubscribe.unsubscribe_link(bob, "announcement"))
    assert "Stop this mail?" in client.get(path).content.decode()
    assert not NoticePreference.objects.exists()


def test_the_digests_link_ends_everything_daily_and_nothing_else(bob, client, prefer):
    prefer(bob, "verdict", mail="now")
    prefer(bob, "team", mail="daily", on_site=False)
    client.post(path_of(unsubscribe.unsubscribe_link(bob, unsubscribe.DIGEST)))
    chosen = {row.kind: (row.mail, row.on_site) for row in NoticePreference.objects.filter(user=bob)}
    assert chosen["verdict"] == ("now", True)
    assert chosen["team"] == ("off", False)
    assert chosen["reply"] == ("off", True)
    assert "announcement" not in chosen


def test_mallory_cannot_end_bobs_mail_with_a_link_of_her_own_making(bob, mallory, client):
    path = path_of(unsubscribe.unsubscribe_link(mallory, "announcement"))
    forged = path[:-8] + ("AAAAAAA/" if not path.endswith("AAAAAAA/") else "BBBBBBB/")
    assert client.post(forged).status_code == 404
    assert not NoticePreference.objects.exists()
