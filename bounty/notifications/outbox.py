"""What is due: mail at once, daily digests, messages to web hooks. Sent from rows, so nothing is lost on the way.

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
KEPT = timedelta(days=180)


def send_due(now: datetime | None = None) -> None:
    """Everything that is due now. Each part works alone: a fault in one must not keep the others from sending."""
    for part in (events.spread_news, email.send_at_once, email.send_digests, webhook_delivery.deliver_due):
        try:
            part(now or timezone.now())
        except Exception:
            log.exception("%s failed", part.__name__)


def forget_old(now: datetime) -> None:
    """Delete read notices and ended deliveries that nobody needs any more."""
    Notice.objects.filter(read_at__lt=now - KEPT).delete()
    ended = Delivery.objects.exclude(state=Delivery.State.WAITING)
    ended.filter(created_at__lt=now - KEPT).delete()
