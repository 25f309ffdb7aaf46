"""Celery tasks of the notices worker."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bounty.notifications import outbox


@shared_task(name="bounty.send_notices")
def send_notices() -> None:
    """Sends everything that is due: mail, digests, web hooks. Called after each event, and by beat."""
    outbox.send_due_notices()


@shared_task(name="bounty.forget_old_notices")
def delete_old_notices() -> None:
    """Deletes old notices and deliveries; called by beat once a day."""
    outbox.delete_old_notices(timezone.now())
