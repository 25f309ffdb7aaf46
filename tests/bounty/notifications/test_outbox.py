"""The worker's round: everything that is due, each part whatever happens to the others."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail as box
from django.utils import timezone

from bounty.celery_app import NOTICES, app
from bounty.models import Delivery, Notice
from bounty.notifications import email, events, notify_users, outbox, tasks, webhook_delivery


def say(to, kind):
    notify_users(kind, to=to, competition=None, subject="Hello", body="", url="/words/")


def test_one_round_sends_mail_and_messages(hook, bob, prefer, receiver):
    prefer(bob, "verdict", mail="now")
    say([bob], "verdict")
    tasks.send_notices()
    assert (len(box.outbox), len(receiver.got)) == (1, 1)


def test_a_fault_in_one_part_keeps_no_other_from_sending(hook, bob, prefer, receiver, monkeypatch):
    def broken(now):
        raise RuntimeError("a fault of ours")

    prefer(bob, "verdict", mail="now")
    say([bob], "verdict")
    for module, name in (
        (events, "notify_accepted_patches"),
        (email, "send_due_mails"),
        (email, "send_digests"),
    ):
        monkeypatch.setattr(module, name, broken)
    broken.__name__ = "broken"
    tasks.send_notices()
    assert (len(box.outbox), len(receiver.got)) == (0, 1)
    monkeypatch.undo()
    assert Notice.objects.filter(mail="waiting").exists()


def test_old_news_is_forgotten_and_what_was_not_read_is_kept(hook, bob, receiver):
    say([bob], "verdict")
    say([bob], "team")
    webhook_delivery.deliver_due(timezone.now())
    Notice.objects.filter(kind="team").update(read_at=timezone.now())
    long_ago = timezone.now() + outbox.RETENTION + timedelta(days=1)
    outbox.delete_old_notices(long_ago)
    assert [notice.kind for notice in Notice.objects.all()] == ["verdict"]
    assert not Delivery.objects.exists()


def test_beat_asks_for_it_on_a_queue_of_its_own():
    """On the queue of the verdicts a slow mail server would hold them up."""
    entry = app.conf.beat_schedule["notices"]
    assert entry["task"] == "bounty.send_notices" and entry["options"]["queue"] == NOTICES
    assert NOTICES in {queue.name for queue in app.conf.task_queues}
