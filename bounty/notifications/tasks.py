"""What the notices worker does."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bounty.notifications import outbox


@shared_task(name="bounty.send_notices")
def send_notices() -> None:
    """Everything that is due: mail, digests, web hooks. Asked for after each event, and by beat."""
    outbox.send_due()


@shared_task(name="bounty.forget_old_notices")
def forget_old() -> None:
    outbox.forget_old(timezone.now())
