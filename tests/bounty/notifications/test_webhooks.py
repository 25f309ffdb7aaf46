"""Web hooks: what a real receiver gets, what a broken one costs, and what nobody can make the site reach."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.models import Delivery, Notice, Role, WebHook
from bounty.notifications import notify_users, webhook_delivery


def say(to, competition=None, kind="verdict"):
    notify_users(kind, to=to, competition=competition, subject="Hello “Bob”", body="More.", url="/words/")


def soon():
    return timezone.now() + timedelta(seconds=1)


def run_out(at=None):
    """Deliver, jumping to the next attempt, until nothing waits."""
    attempts = []
    while waiting := Delivery.objects.filter(state="waiting").order_by("next_at").first():
        at = max(at or soon(), waiting.next_at)
        webhook_delivery.deliver_due(at)
        attempts.append(at)
    return attempts


def test_a_receiver_gets_signed_json(hook, bob, competition, receiver, settings):
    began = time.time()
    settings.SITE_URL = "https://bounty.example"
    say([bob], competition)
    webhook_delivery.deliver_due(soon())
    ((path, headers, body),) = receiver.got
    assert path == "/hear?me=1"
    said = json.loads(body)
    row = Delivery.objects.get()
    assert said == {
        "id": str(row.pk),
        "created": row.created_at.isoformat(),
        "kind": "verdict",
        "competition": competition.slug,
        "subject": "Hello “Bob”",
        "body": "More.",
        "url": "https://bounty.example/words/",
    }
    assert headers["Bounty-Event"] == "verdict" and headers["Bounty-Delivery"] == str(row.pk)
    at, signed = (part.split("=")[1] for part in headers["Bounty-Signature"].split(","))
    assert int(began) <= int(at) <= time.time()
    expected = hmac.new(hook.secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signed, expected)
    assert (row.state, row.status, row.attempts) == ("delivered", 200, 1)


def test_a_changed_body_or_time_breaks_the_signature():
    good = webhook_delivery.sign_message("secret", 1000, b"{}")
    assert good != webhook_delivery.sign_message("secret", 1001, b"{}").replace("t=1001", "t=1000")
    assert good != webhook_delivery.sign_message("secret", 1000, b"{} ")
    assert good != webhook_delivery.sign_message("other", 1000, b"{}")


def test_only_what_was_chosen_is_sent(hook, bob, charlie, receiver):
    say([bob], kind="reply")
    say([charlie])
    assert not Delivery.objects.exists()


def test_a_failure_is_tried_again_ever_more_slowly(hook, bob, receiver):
    receiver.answers = [500, 503, 204]
    say([bob])
    attempts = run_out()
    assert len(receiver.got) == 3
    # The same message, so that a receiver can leave out what it heard already.
    assert len({body for _, _, body in receiver.got}) == 1
    assert attempts[1] - attempts[0] == timedelta(seconds=20)
    assert attempts[2] - attempts[1] == timedelta(seconds=40)
    hook.refresh_from_db()
    assert (hook.failures, Delivery.objects.get().state) == (0, "delivered")


def test_a_message_is_given_up_after_a_while_and_the_log_says_why(hook, bob, receiver):
    receiver.answers = [500]
    say([bob])
    run_out()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.status) == ("failed", webhook_delivery.MOST_ATTEMPTS, 500)
    assert row.error == "It answered with status 500."


def test_a_hook_that_always_fails_is_switched_off_and_its_owner_told_once(hook, bob, receiver):
    receiver.answers = [500]
    for _ in range(4):
        say([bob])
    run_out()
    hook.refresh_from_db()
    assert not hook.active and hook.disabled_reason == "It answered with status 500."
    assert len(receiver.got) == webhook_delivery.MOST_FAILURES
    (told,) = Notice.objects.filter(kind="hook")
    assert told.user == bob and told.url == hook.get_absolute_url()
    say([bob])
    assert not Delivery.objects.filter(state="waiting").exists()


def test_a_redirect_is_not_followed(hook, bob, receiver):
    receiver.answers, receiver.headers = [302], {"Location": receiver.url}
    say([bob])
    webhook_delivery.deliver_due(soon())
    assert len(receiver.got) == 1
    assert Delivery.objects.get().error == "It answered with status 302."


def test_a_flood_of_an_answer_is_not_read(hook, bob, receiver):
    receiver.body = b"x" * 5_000_000
    say([bob])
    webhook_delivery.deliver_due(soon())
    assert Delivery.objects.get().state == "delivered"


def test_nobody_listening_is_no_fault_of_ours(hook, bob, receiver):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        WebHook.objects.update(url=f"http://127.0.0.1:{free.getsockname()[1]}/")
        say([bob])
        webhook_delivery.deliver_due(soon())
    row = Delivery.objects.get()
    assert row.state == "waiting" and "No answer" in row.error


def test_two_workers_deliver_a_message_once(hook, bob, receiver):
    say([bob])
    at = soon()
    row = Delivery.objects.get()
    assert webhook_delivery._claim(row, at)
    assert not webhook_delivery._claim(row, at)
    webhook_delivery.deliver_due(at)
    assert receiver.got == []


def test_a_killed_worker_s_message_is_due_again_later(hook, bob, receiver):
    say([bob])
    at = soon()
    webhook_delivery._claim(Delivery.objects.get(), at)
    webhook_delivery.deliver_due(at + timedelta(seconds=21))
    assert len(receiver.got) == 1


# --- a competition's -------------------------------------------------------------------------------------------------
@pytest.fixture
def alices_hook(alice, competition, receiver):
    return WebHook.objects.create(
        owner=alice, competition=competition, url=receiver.url, kinds=["verdict", "accepted", "team"]
    )


def test_a_competition_hears_each_event_once_however_many_people_are_told(
    alices_hook, bob, charlie, competition, receiver
):
    say([bob, charlie], competition, kind="accepted")
    webhook_delivery.deliver_due(soon())
    assert len(receiver.got) == 1


def test_what_concerns_only_a_team_is_not_told_to_the_competition(alices_hook, bob, competition):
    say([bob], competition, kind="team")
    assert not Delivery.objects.exists()


def test_another_competition_s_events_are_not_told(alices_hook, bob, make):
    say([bob], make().competition, kind="accepted")
    assert not Delivery.objects.exists()


def test_who_no_longer_organises_hears_nothing_any_more(bob, competition, receiver):
    role = Role.objects.create(competition=competition, user=bob, kind="organiser")
    WebHook.objects.create(owner=bob, competition=competition, url=receiver.url, kinds=["accepted"])
    say([], competition, kind="accepted")
    role.delete()
    webhook_delivery.deliver_due(soon())
    assert receiver.got == []
    assert Delivery.objects.get().error == "Its owner no longer organises the competition."


def test_a_hook_whose_name_moved_to_a_private_address_is_not_written_to(hook, bob, receiver, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = False
    say([bob])
    webhook_delivery.deliver_due(soon())
    assert receiver.got == []
    row = Delivery.objects.get()
    assert row.state == "failed" and "open internet" in row.error
