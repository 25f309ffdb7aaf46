"""In whose language and in whose time people are told things."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.translation import get_language

from bounty.core import localization
from bounty.models import Delivery, Follow, Notice, Preferences, WebHook
from bounty.notifications import events, notify_users
from bounty.notifications.email import send_digests, send_due_mails
from bounty.notifications.wording import SUBJECT_LENGTH, one_line

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def say(to, kind="announcement"):
    notify_users(
        kind,
        to=to,
        competition=None,
        subject=lambda: f"in {get_language()}",
        body=lambda: localization.format_time_with_zone(NOON),
        url="/words/",
    )


@pytest.fixture
def spanish(bob):
    """Bob reads Spanish, in Madrid."""
    Preferences.objects.create(user=bob, language="es", zone="Europe/Madrid")
    return bob


def test_each_is_told_in_their_own_language_and_time(spanish, charlie):
    say([spanish, charlie])
    bobs, charlies = Notice.objects.get(user=spanish), Notice.objects.get(user=charlie)
    assert (bobs.subject, charlies.subject) == ("in es", "in en")
    assert "14:00" in bobs.body and "Madrid" in bobs.body
    assert "12:00" in charlies.body and "UTC" in charlies.body


def test_who_tells_keeps_their_own_language(spanish):
    before = get_language()
    say([spanish])
    assert get_language() == before


def test_who_never_chose_reads_what_their_browser_last_said(bob):
    Preferences.objects.create(user=bob, seen_language="es", seen_zone="America/Bogota")
    say([bob])
    notice = Notice.objects.get(user=bob)
    assert notice.subject == "in es"
    assert "07:00" in notice.body


def test_a_language_that_the_site_has_not_is_not_tried(bob):
    Preferences.objects.create(user=bob, language="xx", zone="../../etc/passwd")
    say([bob])
    notice = Notice.objects.get(user=bob)
    assert notice.subject == "in en"
    assert "UTC" in notice.body


def test_what_a_person_wrote_is_left_as_it_is(spanish):
    notify_users("reply", to=[spanish], competition=None, subject="Hello\n you", body="As\nwritten.", url="")
    notice = Notice.objects.get(user=spanish)
    assert (notice.subject, notice.body) == ("Hello you", "As\nwritten.")


def test_words_are_said_once_for_all_who_read_alike(spanish, charlie, mallory):
    said = []

    def subject():
        said.append(get_language())
        return "Hello"

    notify_users("reply", to=[spanish, charlie, mallory], competition=None, subject=subject, body="", url="")
    assert sorted(said) == ["en", "es"]


def test_a_web_hook_hears_its_owners_language(spanish, receiver):
    WebHook.objects.create(owner=spanish, url=receiver.url, kinds=["announcement"])
    say([spanish])
    assert Delivery.objects.get().payload["subject"] == "in es"
    assert json.dumps(Delivery.objects.get().payload)


def test_the_reminder_tells_the_time_where_the_reader_is(spanish, competition):
    competition.closes_at = timezone.now().replace(hour=12, minute=0) + timedelta(hours=1)
    Follow.objects.create(user=spanish, competition=competition)
    competition.save()
    events.remind_of_closing(competition.closes_at - timedelta(hours=2))
    body = Notice.objects.get(user=spanish).body
    at = competition.closes_at.astimezone(localization.ZoneInfo("Europe/Madrid"))
    assert f"{at:%H:%M} Europe/Madrid" in body


@pytest.mark.parametrize("how", ["now", "daily"])
def test_the_mail_around_it_is_in_the_readers_language_too(spanish, prefer, how, monkeypatch):
    heard = []
    monkeypatch.setattr(
        "bounty.notifications.email.render_to_string", lambda *_: heard.append(get_language()) or "the mail"
    )
    prefer(spanish, "announcement", mail=how)
    say([spanish])
    send_due_mails(timezone.now())
    send_digests(timezone.now() + timedelta(days=2))
    assert heard == ["es"]
    assert len(mail.outbox) == 1


def test_a_subject_is_one_line_that_a_row_holds():
    assert one_line("a\n  b") == "a b"
    assert len(one_line("x" * 500)) == SUBJECT_LENGTH
