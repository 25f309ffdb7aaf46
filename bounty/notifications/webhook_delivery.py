"""Delivery of web hook messages: signed, retried ever more slowly, and switched off where nobody listens."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Delivery, NoticeKind, WebHook
from bounty.notifications import recipients, safe_http
from bounty.notifications.send import new_delivery, notify_users
from bounty.permissions import rules

log = logging.getLogger(__name__)

State = Delivery.State
# Seconds before the second attempt, doubled at each further one: the eighth comes three quarters of an hour later.
FIRST_WAIT = 20
MOST_ATTEMPTS = 8
# A hook that failed this often in a row is switched off.
MOST_FAILURES = 20
BATCH = 100
TEST = "test"


def delivery_retry_delay(attempts: int) -> timedelta:
    """The time from an attempt to the next one, after that many attempts."""
    return timedelta(seconds=FIRST_WAIT * 2**attempts)


def sign_message(secret: str, at: int, body: bytes) -> str:
    """The value of the Bounty-Signature header: HMAC-SHA256 over "<seconds>.<body>".

    The time is signed too, so that a receiver can refuse a message that somebody recorded and sends again.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def message_body(row: Delivery) -> bytes:
    """The message as JSON bytes, the same at every attempt."""
    said = {"id": str(row.pk), "created": row.created_at.isoformat(), **row.payload}
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def deliver_due(now: datetime) -> None:
    """Sends every message that is due. After a failure the others of that hook wait for the next round."""
    due = Delivery.objects.filter(state=State.WAITING, next_at__lte=now).select_related(
        "hook__owner", "hook__competition"
    )
    failed: set[int] = set()
    for row in list(due.order_by("next_at")[:BATCH]):
        if row.hook_id in failed or not _claim(row, now):
            continue
        if not attempt_delivery(row):
            failed.add(row.hook_id)


def _claim(row: Delivery, now: datetime) -> bool:
    due = Delivery.objects.filter(pk=row.pk, state=State.WAITING, next_at__lte=now)
    return bool(due.update(next_at=now + delivery_retry_delay(row.attempts), attempts=F("attempts") + 1))


def attempt_delivery(row: Delivery) -> bool:
    """Sends a claimed message once and writes the outcome; False where the attempt failed."""
    row.refresh_from_db(fields=["attempts"])
    hook = row.hook
    if why := silence_reason(hook):
        _set_delivery_state(row, State.FAILED, why)
        return True
    body, at = message_body(row), int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "bias-bounty-hook/1",
        "Bounty-Event": row.kind,
        "Bounty-Delivery": str(row.pk),
        "Bounty-Signature": sign_message(hook.secret, at, body),
    }
    try:
        status = safe_http.post_message(hook.url, body, headers)
    except Refusal as error:
        _set_delivery_state(row, State.FAILED, str(error))
        _count_failure(hook, str(error))
        return False
    except safe_http.NotSent as error:
        answered = error.args[1] if len(error.args) > 1 else None
        state = State.FAILED if row.attempts >= MOST_ATTEMPTS else State.WAITING
        _set_delivery_state(row, state, str(error.args[0]), answered)
        _count_failure(hook, str(error.args[0]))
        return False
    Delivery.objects.filter(pk=row.pk).update(
        state=State.DELIVERED, status=status, error="", delivered_at=timezone.now()
    )
    WebHook.objects.filter(pk=hook.pk).update(failures=0)
    return True


def silence_reason(hook: WebHook) -> str:
    """The reason why a hook hears nothing: it is off, or its owner may no longer see what it tells of; "" where it
    hears.
    """
    if not hook.active:
        return _("The web hook is switched off.")
    if not hook.owner.is_active:
        return _("Its owner's account is closed.")
    if hook.competition is not None and not rules.is_organiser(hook.owner, hook.competition):
        return _("Its owner no longer organises the competition.")
    return ""


def _set_delivery_state(row: Delivery, state: str, error: str, status: int | None = None) -> None:
    Delivery.objects.filter(pk=row.pk).update(state=state, error=error[:300], status=status)


def _count_failure(hook: WebHook, why: str) -> None:
    WebHook.objects.filter(pk=hook.pk).update(failures=F("failures") + 1)
    many = WebHook.objects.filter(pk=hook.pk, active=True, failures__gte=MOST_FAILURES)
    # Compare-and-set: of two workers one switches it off, and says so once.
    if not many.update(active=False, disabled_reason=why[:300]):
        return
    log.warning("web hook %s is switched off: %s", hook.pk, why)
    keepers = recipients.organisers(hook.competition) if hook.competition else [hook.owner]
    notify_users(
        NoticeKind.HOOK,
        to=keepers,
        competition=hook.competition,
        subject=lambda: _("Your web hook was switched off"),
        body=lambda: (
            _(
                "%(count)d attempts in a row to reach %(url)s failed, the last with: %(why)s Mend the receiver, "
                "then switch the hook on again."
            )
            % {"count": MOST_FAILURES, "url": hook.url, "why": why}
        ),
        url=hook.get_absolute_url(),
    )


def send_test_message(hook: WebHook) -> Delivery:
    """Writes a test message to the hook; it goes the same way as everything else."""
    said = {
        "kind": TEST,
        "competition": hook.competition.slug if hook.competition else None,
        "subject": _("A test of your web hook"),
        "body": "",
        "url": None,
    }
    row = new_delivery(hook, TEST, said)
    row.save()
    return row


def retry_delivery(row: Delivery) -> None:
    """Makes a delivery due now, as if it had never been tried."""
    Delivery.objects.filter(pk=row.pk).update(
        state=State.WAITING, attempts=0, next_at=timezone.now(), error="", status=None
    )


def switch_hook_on(hook: WebHook) -> None:
    """Switches a hook on again, its failures forgotten."""
    WebHook.objects.filter(pk=hook.pk).update(active=True, failures=0, disabled_reason="")
