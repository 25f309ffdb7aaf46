"""Django's Redis cache with errors of Redis taken as misses, so that pages survive while Redis is away.

Only rate limits and short-lived marks are kept there. Attempts to log in are counted in the database too (axes), so
a Redis that is away opens no door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """A Redis cache that behaves as if it were empty and took everything where Redis does not answer."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_call_or_default(True, super().add, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _call_or_default(default, super().get, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        _call_or_default(None, super().set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_call_or_default(False, super().touch, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_call_or_default(False, super().delete, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return _call_or_default({}, super().get_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_call_or_default(False, super().has_key, *args, **kwargs))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """The raised counter. Raises ValueError where there is nothing to count up, as Django has it."""
        counted = _call_or_default(None, super().incr, key, delta, version)
        if counted is None:
            raise ValueError(f"Key {key!r} not found: the cache does not answer")
        return int(counted)

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(_call_or_default([], super().set_many, *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        _call_or_default(None, super().delete_many, *args, **kwargs)

    def clear(self) -> None:
        _call_or_default(None, super().clear)


def _call_or_default(otherwise: Any, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return call(*args, **kwargs)
    except redis.RedisError as error:
        log.warning("the cache does not answer: %s", error)
        return otherwise
