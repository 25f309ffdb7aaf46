"""Evaluation orders that the broker lost, found row by row: a queue that is merely long is never sent again.

Orders of one queue and priority are taken first in, first out. So the order of a row that still is queued is lost where
the queue was seen empty after it had been sent, or where a row that was sent later was taken. Both are looked for a
while back, so that a worker that had just taken the order has told so by now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import F, Max

from bounty.core import queue as broker
from bounty.models import Submission
from bounty.submissions import dispatch

# From a row's `queued_at` until its message is with the broker: what is left of a transaction.
SENT_WITHIN = timedelta(seconds=20)
# From the taking of a message until the row says so: the way of a report, with other reports before it.
TOLD_WITHIN = timedelta(seconds=30)
_REMEMBERED_SECONDS = 3600


def find_lost_submissions(now: datetime) -> list[Submission]:
    """Queued submissions whose orders are lost."""
    found = Submission.objects.undispatched(now - TOLD_WITHIN).select_related("competition")
    waiting = [(dispatch.queue_of(each), each) for each in found]
    lost_before = {queue: _lost_before(queue, now) for queue in {queue for queue, _ in waiting}}
    return [each for queue, each in waiting if is_lost(each.queued_at, lost_before[queue])]


def is_lost(queued_at: datetime | None, lost_before: datetime | None) -> bool:
    """Whether the order of a row queued then is lost, where those sent before `lost_before` are on no queue."""
    return queued_at is not None and lost_before is not None and queued_at + SENT_WITHIN < lost_before


def last_seen_empty(queue: str, now: datetime, priority: int = 0) -> datetime | None:
    """The last time, TOLD_WITHIN ago or more, that nothing waited on a queue; None where none is known.

    Looks at the queue, and remembers what it saw for the next time.
    """
    key = f"queue-seen-empty:{queue}:{priority}"
    before, last = cache.get(key) or (None, None)
    if (last is None or last <= now - TOLD_WITHIN) and broker.count_messages(queue, priority) == 0:
        before, last = last, now
        cache.set(key, (before, last), _REMEMBERED_SECONDS)
    return last if last is not None and last <= now - TOLD_WITHIN else before


def _lost_before(queue: str, now: datetime) -> datetime | None:
    return max(_known((last_seen_empty(queue, now), _newest_taken(queue, now))), default=None)


def _newest_taken(queue: str, now: datetime) -> datetime | None:
    """When the newest submission was queued that a worker took TOLD_WITHIN ago or more."""
    taken = dispatch.submissions_of_queue(queue).filter(
        started_at__gte=F("queued_at"), started_at__lt=now - TOLD_WITHIN
    )
    newest: datetime | None = taken.aggregate(newest=Max("queued_at"))["newest"]
    return newest


def _known(times: Iterable[datetime | None]) -> list[datetime]:
    return [time for time in times if time is not None]
