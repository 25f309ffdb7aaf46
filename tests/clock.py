"""A clock of the site's that stands at noon until a test lets time pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Clock:
    """What `timezone.now()` answers; rows, pages and sweeps of the site all ask it."""

    def __init__(self) -> None:
        self.now = NOW

    def read(self) -> datetime:
        """The time, a microsecond after it was last read: rows keep the order in which they were made."""
        self.now += _TICK
        return self.now

    def pass_time(self, **parts: Any) -> datetime:
        """Move on by `minutes=10` and the like. Returns the time that it then is."""
        self.now += timedelta(**parts)
        return self.now
