"""Rank over time: a line a team, its name at the end, the reader's own thicker."""

from __future__ import annotations

import pytest

from bounty.charts.ranks import MOST_STEPS, RankLine, draw_ranks
from tests.bounty.charts.picture import Picture

LINES = (RankLine("Bob", (None, 1, 1)), RankLine("Charlie", (1, 2, 2), mine=True))


@pytest.fixture
def drawn() -> Picture:
    return Picture(draw_ranks(LINES, (0, 1, 2)).wide)


def test_the_sentence_counts_teams_and_versions():
    assert draw_ranks(LINES, (0, 1, 2)).label == "Places of 2 teams from version 0 to 2"
    assert draw_ranks(LINES[:1], (0, 1, 2)).label == "Places of 1 team from version 0 to 2"


def test_each_team_has_its_line_and_its_name(drawn):
    assert [line.get("stroke") for line in drawn.marks("line")] == ["var(--series-1)", "var(--series-2)"]
    assert drawn.texts[-2:] == ["Bob", "Charlie"]


def test_ones_own_line_is_thicker(drawn):
    assert [line.get("stroke-width") for line in drawn.marks("line")] == ["2.2", "4.5"]


def test_a_line_begins_with_the_first_points(drawn):
    bob, charlie = (line.get("d", "") for line in drawn.marks("line"))
    assert not bob.startswith("M0,")
    assert charlie.startswith("M0,")


def test_axes_are_titled_and_count_places_from_one(drawn):
    assert {"version", "place", "1", "2"} <= set(drawn.texts)
    assert "3" not in drawn.texts


def test_teams_on_one_place_share_a_line_of_text():
    drawn = Picture(draw_ranks((RankLine("Bob", (1, 1)), RankLine("Charlie", (2, 1))), (0, 1)).wide)
    assert drawn.texts[-1] == "Bob, Charlie"


def test_the_sixth_line_is_dashed():
    drawn = Picture(draw_ranks(tuple(RankLine(f"Team {n}", (n + 1, n + 1)) for n in range(6)), (0, 1)).wide)
    assert [line.get("stroke-dasharray") for line in drawn.marks("line")] == ["1,0"] * 5 + ["6,3"]


def test_a_long_history_is_thinned_out_and_keeps_its_last_version():
    versions = tuple(range(4 * MOST_STEPS))
    drawn = Picture(draw_ranks((RankLine("Bob", (1,) * len(versions)),), versions).wide)
    path = drawn.marks("line")[0].get("d", "")
    assert path.count("C") + path.count("L") <= MOST_STEPS + 1
    assert path.endswith("420,30")
