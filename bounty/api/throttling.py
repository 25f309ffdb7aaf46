"""Rate limits of the API: so many requests a minute a person, fewer an address of nobody known.

Counted in the cache; while that is away nothing is counted, and nobody is kept out.
"""

from __future__ import annotations

import time

from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from bounty.core.rate_limits import is_within_rate

SECONDS = 60
READS, WRITES, STRANGERS = 600, 120, 120
_SAFE = ("GET", "HEAD", "OPTIONS")


class PerMinute(BaseThrottle):
    """The throttle of a fixed window: one counter, counted up at once, so that many workers count the same."""

    def allow_request(self, request: HttpRequest) -> bool:
        who, most = self._who(request)
        return is_within_rate(f"api:{who}:{int(time.time() // SECONDS)}", most, SECONDS)

    def wait(self) -> float:
        return SECONDS - time.time() % SECONDS

    def _who(self, request: HttpRequest) -> tuple[str, int]:
        if not request.user.is_authenticated:
            return f"address:{self.get_ident(request)}", STRANGERS
        if request.method in _SAFE:
            return f"reads:{request.user.pk}", READS
        return f"writes:{request.user.pk}", WRITES


class BadTokens(PerMinute):
    """The throttle of unknown tokens, counted by address: whoever guesses tokens is told to wait like any stranger."""

    def _who(self, request: HttpRequest) -> tuple[str, int]:
        return f"bad-tokens:{self.get_ident(request)}", STRANGERS
