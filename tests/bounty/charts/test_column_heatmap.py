"""The heat map of teams and columns: a cell each, darker is more, and the number in it."""

from __future__ import annotations

import pytest

from bounty.charts.column_heatmap import NARROW_TEAMS, HeatmapRow, draw_column_heatmap
from tests.bounty.charts.picture import Picture

COLUMNS = ("AGE", "SEX", "INCOME")
ROWS = (HeatmapRow("Bob", (1, 2, 0)), HeatmapRow("Charlie", (0, 4, 0)))


@pytest.fixture
def drawn() -> Picture:
    return Picture(draw_column_heatmap(ROWS, COLUMNS).wide)


def test_the_sentence_counts_teams_and_the_columns_that_are_shown():
    assert draw_column_heatmap(ROWS, COLUMNS).label == (
        "How often the groups of 2 teams name each of 2 columns; darker is more often"
    )
    assert draw_column_heatmap(ROWS[:1], COLUMNS).label.startswith("How often the groups of 1 team name")


def test_cells_are_as_dark_as_their_counts(drawn):
    assert drawn.fills("rect") == [f"var(--heat-{level})" for level in (2, 3, 0, 4)]


def test_a_cell_holds_its_number_and_an_empty_one_none(drawn):
    numbers = [mark.text for mark in drawn.marks("text")]
    assert numbers == ["1", "2", "4"]


def test_teams_and_columns_are_named(drawn):
    assert [text for text in drawn.texts if not text.isdigit()] == ["AGE", "SEX", "Bob", "Charlie"]


def test_the_narrow_one_is_turned():
    drawn = Picture(draw_column_heatmap(ROWS, COLUMNS).narrow)
    assert [text for text in drawn.texts if not text.isdigit()] == ["Bob", "Charlie", "AGE", "SEX"]


def test_the_narrow_one_shows_fewer_teams():
    drawn = Picture(
        draw_column_heatmap(
            tuple(HeatmapRow(f"Team {n}", (1,)) for n in range(NARROW_TEAMS + 1)), ("AGE",)
        ).narrow
    )
    assert f"Team {NARROW_TEAMS - 1}" in drawn.texts
    assert f"Team {NARROW_TEAMS}" not in drawn.texts


def test_two_teams_whose_shortened_names_agree_stay_two():
    same = tuple(HeatmapRow(f"The very same long beginning {n}", (n + 1,)) for n in range(2))
    drawn = Picture(draw_column_heatmap(same, ("AGE",)).narrow)
    assert drawn.texts.count("The very same…") == 2
    assert len(drawn.marks("rect")) == 2
