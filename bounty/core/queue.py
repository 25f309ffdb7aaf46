"""The broker: sends tasks by name, and counts the messages that wait on a queue."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError

from bounty.celery_app import app

log = logging.getLogger(__name__)


def send_task(task: str, queue: str, **arguments: Any) -> bool:
    """Sends one task by name. False where the broker is away: the row stays as it is, and the sweep sends again."""
    try:
        app.send_task(task, kwargs=arguments, queue=queue)
    except (OperationalError, OSError) as error:
        log.warning("%s could not be sent to %s: %s", task, queue, error)
        return False
    return True


def count_messages(queue: str) -> int | None:
    """The number of messages that wait on a queue; None where the broker is away."""
    with app.connection_for_write() as connection:
        try:
            return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            # Redis forgets a queue as soon as nothing waits on it.
            return 0
        except (OperationalError, OSError, *connection.connection_errors):
            return None


def has_lost_messages(queue: str, rows: int, others: int) -> bool:
    """Whether the broker lost messages: fewer wait than `rows`, after `others` had theirs.

    Submissions and dry runs wait on the same queues. A row whose worker just took it is counted once too often, and
    then something is sent twice, which does no harm. False where the broker is away.
    """
    messages = count_messages(queue)
    return messages is not None and messages - others < rows
