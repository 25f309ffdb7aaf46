"""Rate limits: counters in the cache, each of one time window."""

from __future__ import annotations

from django.core.cache import cache


def is_within_rate(counter: str, most: int, seconds: int) -> bool:
    """Counts one request; False once there were more than `most` within the seconds that began with the first.

    While the cache is away nothing is counted and nobody is kept out: a limit is a courtesy, a page that fails is not.
    """
    try:
        return bool(cache.add(counter, 1, seconds) or cache.incr(counter) <= most)
    except ValueError:
        # Expired between the two calls, or the cache is away (bounty.core.cache).
        return True
