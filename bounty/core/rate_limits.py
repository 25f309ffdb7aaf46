"""Counters of a time window in the cache: whether one more request is within a rate."""

from __future__ import annotations

from django.core.cache import cache


def is_within_rate(counter: str, most: int, seconds: int) -> bool:
    """Count one; False once there were more than `most` within the seconds that began with the first.

    While the cache is away nothing is counted and nobody is kept out: a limit is a courtesy, a page that fails is not.
    """
    try:
        return bool(cache.add(counter, 1, seconds) or cache.incr(counter) <= most)
    except ValueError:
        # Expired between the two calls, or the cache is away (bounty.core.cache).
        return True
