"""The overall board, a page at a time: now or at the end of a day, with the reader's own team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.models import BoardRow, Competition
from bounty.scoring import leaderboard
from bounty.scoring.boards import as_of

PER_PAGE = 50
# Whose groups the heat map counts, by the address's word.
ACCEPTED, EVERYTHING = "accepted", "all"

RankedRow = tuple[int | None, BoardRow]


@dataclass(frozen=True)
class BoardQuery:
    """A reader's query of the board: a day, a text that names hold, a page or everything."""

    on: date | None = None
    name: str = ""
    page: str = ""
    everything: bool = False
    groups: str = ""  # whose groups the map of columns counts: "all", or accepted ones
    problem: str = ""  # what was wrong with the day

    @property
    def is_common(self) -> bool:
        """Whether the answer is worth caching: nobody can make up ever new ones of this kind."""
        ordinary_page = not self.page or (self.page.isdecimal() and len(self.page) < 5)
        return self.on is None and not self.name and not self.problem and ordinary_page

    def query(self, *, groups: bool) -> str:
        """Returns the beginning of an address's query that keeps this one; pages are left out."""
        parameters = {
            "on": self.on.isoformat() if self.on else "",
            "team": self.name,
            "all": "1" * self.everything,
        }
        if groups:
            parameters["groups"] = self.groups
        text = urlencode({name: value for name, value in parameters.items() if value})
        return f"{text}&" if text else ""

    @property
    def at(self) -> datetime | None:
        """Returns the moment of the board; None for now."""
        return None if self.on is None else as_of.end_of_day(self.on)


def parse_board_query(query: Mapping[str, str]) -> BoardQuery:
    """Returns the address's query; a day that is none becomes its `problem`, and the board is the present one."""
    on, problem = None, ""
    if written := query.get("on", "").strip():
        try:
            on = date.fromisoformat(written)
            as_of.end_of_day(on)
        except (ValueError, OverflowError):
            on = None
            problem = _("“%(day)s” is no day; write it as 2026-11-20. This is the board of now.") % {
                "day": written[:40]
            }
    return BoardQuery(
        on,
        query.get("team", "")[:60],
        query.get("page", ""),
        everything=query.get("all") == "1",
        groups=EVERYTHING if query.get("groups") == EVERYTHING else "",
        problem=problem,
    )


@dataclass(frozen=True)
class BoardPage:
    """The rows of the page, and the reader's own where it is not among them."""

    page: Page[RankedRow]
    rows: Sequence[RankedRow]
    own: RankedRow | None
    teams: int
    final: bool


def board_rows(competition: Competition, at: datetime | None) -> list[RankedRow]:
    """Returns the whole board with places, best first, now or at a moment."""
    if at is None or at >= timezone.now():
        return leaderboard.ranked_rows(competition)
    return as_of.ranked_rows_at(competition, at)


def board_page(competition: Competition, query: BoardQuery, mine: int | None) -> BoardPage:
    """Returns the page of the board that the query asks for. `mine` is the reader's team."""
    ranked = board_rows(competition, query.at)
    wanted = query.name.strip().casefold()
    found = [row for row in ranked if wanted in row[1].team.name.casefold()] if wanted else ranked
    page = Paginator(found, max(len(found), 1) if query.everything else PER_PAGE).get_page(query.page)
    rows = list(page.object_list)
    own = next((row for row in ranked if row[1].team_id == mine), None)
    return BoardPage(
        page,
        rows,
        None if own is None or own in rows else own,
        len(ranked),
        any(row.final for _, row in ranked),
    )
