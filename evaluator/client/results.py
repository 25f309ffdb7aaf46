"""What the site answers, as values to look at. Everything that was told is in `raw` too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Competition:
    slug: str
    title: str
    summary: str
    status: str
    closes_at: str | None
    start: float | None  # the base model's mean loss on practice rows
    now: float | None  # the present one's
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, told: Raw) -> Competition:
        start, now = told["start"], told["now"]
        return cls(
            told["slug"],
            told["title"],
            told["summary"],
            told["status"],
            told["closes_at"],
            start and start["value"],
            now and now["value"],
            told,
        )


@dataclass(frozen=True)
class Preview:
    """A group on the public explore rows. `gap`: how much more is lost in it than elsewhere, with its interval."""

    words: str
    rows: int
    share: float
    verdict: str
    gap: tuple[float, float, float] | None  # mean, low, high
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, told: Raw) -> Preview:
        gap = told["gap"]
        three = (gap["mean"], gap["low"], gap["high"]) if gap else None
        return cls(told["words"], told["rows"], told["share"], told["verdict"], three, told)


@dataclass(frozen=True)
class Submission:
    """`sentence` is the verdict in short, or why it could not be run; empty while it runs."""

    competition: str
    id: str
    number: int
    state: str
    running: bool
    sentence: str
    queue_position: int | None
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, competition: str, told: Raw) -> Submission:
        return cls(
            competition,
            told["id"],
            told["number"],
            told["state"],
            told.get("running", False),
            told.get("in_short", ""),
            told.get("queue_position"),
            told,
        )

    @property
    def verdict(self) -> Raw | None:
        """The arithmetic behind the sentence, and what to try next; None before there is one."""
        return self.raw.get("verdict")

    @property
    def failure(self) -> Raw | None:
        """Why it could not be run: class, cause, what to do."""
        return self.raw.get("failure")


@dataclass(frozen=True)
class DryRun:
    """`result` on explore rows: sizes, losses before and after; None until it ran, or where it could not."""

    competition: str
    id: str
    state: str
    running: bool
    result: Raw | None
    failure: Raw | None  # class, cause, advice, and in `detail` the whole traceback
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, competition: str, told: Raw) -> DryRun:
        return cls(
            competition,
            told["id"],
            told["state"],
            told["running"],
            told["result"],
            told["failure"],
            told,
        )


@dataclass(frozen=True)
class BoardRow:
    rank: int | None
    team: str
    points: float | None
    accepted: int
    findings: int
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, told: Raw) -> BoardRow:
        return cls(told["rank"], told["team"], told["points"], told["accepted"], told["findings"], told)


@dataclass(frozen=True)
class ModelState:
    """`version` is None before there is a base model. Losses are means on practice rows."""

    version: int | None
    start: float | None
    now: float | None
    may_download: bool
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, told: Raw) -> ModelState:
        start, now = told["start"], told["now"]
        return cls(
            told["version"], start and start["value"], now and now["value"], told["may_download"], told
        )
