"""Outbox: sends due mails, digests and web hook messages from their rows, so that nothing is lost on the way.

A row is claimed by moving its next time ahead before anything is sent: two workers never send the same one, and what a
killed worker had claimed is due again later. Whoever was reached at that very moment may hear it twice, never not.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from bounty.models import Delivery, Notice
from bounty.notifications import email, events, webhook_delivery

log = logging.getLogger(__name__)

# Old news: what was read this long ago, and deliveries of this age, are forgotten.
RETENTION = timedelta(days=180)


def send_due_notices(now: datetime | None = None) -> None:
    """Sends everything that is due now. Each part works alone: a fault in one must not keep the others from
    sending.
    """
    for part in (
        events.notify_accepted_patches,
        email.send_due_mails,
        email.send_digests,
        webhook_delivery.deliver_due,
    ):
        try:
            part(now or timezone.now())
        except Exception:
            log.exception("%s failed", part.__name__)


def delete_old_notices(now: datetime) -> None:
    """Deletes read notices and ended deliveries after the time for which they are kept."""
    Notice.objects.filter(read_at__lt=now - RETENTION).delete()
    ended = Delivery.objects.exclude(state=Delivery.State.WAITING)
    ended.filter(created_at__lt=now - RETENTION).delete()
