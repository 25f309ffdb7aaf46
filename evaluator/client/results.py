"""Value objects of the site's answers. Everything that was answered is in `raw` too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Competition:
    """A competition in a list. Losses are means on practice rows."""

    slug: str
    title: str
    summary: str
    status: str
    closes_at: str | None
    start: float | None  # the base model's mean loss on practice rows
    now: float | None  # the present one's
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, answer: Raw) -> Competition:
        """The competition in an answer."""
        start, now = answer["start"], answer["now"]
        return cls(
            answer["slug"],
            answer["title"],
            answer["summary"],
            answer["status"],
            answer["closes_at"],
            start and start["value"],
            now and now["value"],
            answer,
        )


@dataclass(frozen=True)
class Preview:
    """A preview of a group on the public explore rows. `gap`: how much more is lost in it than elsewhere, with its
    interval.
    """

    words: str
    rows: int
    share: float
    verdict: str
    gap: tuple[float, float, float] | None  # mean, low, high
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, answer: Raw) -> Preview:
        """The preview in an answer."""
        gap = answer["gap"]
        three = (gap["mean"], gap["low"], gap["high"]) if gap else None
        return cls(answer["words"], answer["rows"], answer["share"], answer["verdict"], three, answer)


@dataclass(frozen=True)
class Submission:
    """A submission. `sentence` is the verdict in short, or why it could not be run; empty while it runs."""

    competition: str
    id: str
    number: int
    state: str
    running: bool
    sentence: str
    queue_position: int | None
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, competition: str, answer: Raw) -> Submission:
        """The submission in an answer."""
        return cls(
            competition,
            answer["id"],
            answer["number"],
            answer["state"],
            answer.get("running", False),
            answer.get("in_short", ""),
            answer.get("queue_position"),
            answer,
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
    """A dry run. `result` on explore rows: sizes, losses before and after; None until it ran, or where it could
    not.
    """

    competition: str
    id: str
    state: str
    running: bool
    result: Raw | None
    failure: Raw | None  # class, cause, advice, and in `detail` the whole traceback
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, competition: str, answer: Raw) -> DryRun:
        """The dry run in an answer."""
        return cls(
            competition,
            answer["id"],
            answer["state"],
            answer["running"],
            answer["result"],
            answer["failure"],
            answer,
        )


@dataclass(frozen=True)
class BoardRow:
    """A row of a leaderboard."""

    rank: int | None
    team: str
    points: float | None
    accepted: int
    findings: int
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, answer: Raw) -> BoardRow:
        """The row in an answer."""
        return cls(
            answer["rank"], answer["team"], answer["points"], answer["accepted"], answer["findings"], answer
        )


@dataclass(frozen=True)
class ModelState:
    """The state of the shared model. `version` is None before there is a base model. Losses are means on practice
    rows.
    """

    version: int | None
    start: float | None
    now: float | None
    may_download: bool
    raw: Raw = field(repr=False)

    @classmethod
    def from_json(cls, answer: Raw) -> ModelState:
        """The state in an answer."""
        start, now = answer["start"], answer["now"]
        return cls(
            answer["version"], start and start["value"], now and now["value"], answer["may_download"], answer
        )
