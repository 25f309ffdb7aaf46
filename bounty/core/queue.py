"""The broker: sends tasks by name, counts the messages that wait on a queue, and stamps orders as current."""

from __future__ import annotations

import functools
import logging
from typing import Any

import redis
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from bounty.celery_app import BROKER_SECONDS, app
from evaluator.worker.messages import ORDER_STAMP

log = logging.getLogger(__name__)

STAMP_SECONDS = 7 * 24 * 3600


def send_task(task: str, queue: str, *, priority: int = 0, **arguments: Any) -> bool:
    """Sends one task by name. False where the broker is away: the row stays as it is, and the sweep sends again.

    Of messages on one queue those of a higher `priority` number are taken later.
    """
    options = {"priority": priority} if priority else {}
    try:
        app.send_task(task, kwargs=arguments, queue=queue, **options)
    except (OperationalError, OSError) as error:
        log.warning("%s could not be sent to %s: %s", task, queue, error)
        return False
    return True


def count_messages(queue: str, priority: int = 0) -> int | None:
    """The number of messages of a priority that wait on a queue; None where the broker is away."""
    with app.connection_for_write() as connection:
        try:
            channel = connection.default_channel
            if hasattr(channel, "_q_for_pri"):
                # Redis: a list for each step of priorities.
                with channel.conn_or_acquire() as client:
                    return int(client.llen(channel._q_for_pri(queue, priority)))
            return int(channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            # A queue is forgotten as soon as nothing waits on it.
            return 0
        except (OperationalError, OSError, *connection.connection_errors):
            return None


def stamp_order(key: str, attempt: int) -> None:
    """Write which attempt of an order is current: 0 where it has moved on and none is to be run.

    Workers drop orders of another attempt. Where the broker is away nothing is written, and what is done twice is
    stored once.
    """
    try:
        _client(settings.REDIS_URL).set(ORDER_STAMP % key, attempt, ex=STAMP_SECONDS)
    except redis.RedisError as error:
        log.warning("the order of %s could not be stamped: %s", key, error)


@functools.cache
def _client(url: str) -> redis.Redis:
    seconds = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **seconds)
