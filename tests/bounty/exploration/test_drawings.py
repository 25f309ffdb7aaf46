"""The explore page's pictures: intervals as dots, shares as bars, and a table with the same numbers."""

from __future__ import annotations

import pytest

from bounty.exploration.distributions import ClassError, Confusion, Histogram
from bounty.exploration.drawings import IntervalLine, draw_distribution, draw_intervals
from bounty.exploration.preview import Interval
from tests.bounty.charts.picture import Picture

HOSTILE = '"><script>alert(1)</script>'
HERE = IntervalLine("here", Interval(0.3, 0.2, 0.4), "30.0%", here=True)
ELSEWHERE = IntervalLine("everyone else", Interval(0.1, 0.05, 0.2), "10.0%", here=False)
SCORE = Histogram(
    "The score", "probability of 1", (0.0, 0.5, 1.0), (0.25, 0.75), (0.5, 0.5), rows=40, digits=1
)
ERRORS = Confusion(
    "Errors by true class",
    (
        ClassError("healthy", 30, Interval(0.2, 0.1, 0.3), Interval(0.1, 0.05, 0.15), "ill"),
        ClassError("ill", 4, None, Interval(0.4, 0.3, 0.5), ""),
        ClassError("unknown", 0, None, None, ""),
    ),
)


def test_each_line_has_its_name_and_its_mean_in_words():
    assert Picture(draw_intervals([HERE, ELSEWHERE], "Both").wide).texts == [
        "here",
        "30.0%",
        "everyone else",
        "10.0%",
    ]


def test_the_group_is_a_full_dot_and_everyone_else_a_hollow_one():
    circles = Picture(draw_intervals([HERE, ELSEWHERE], "Both").wide).elements("circle")
    assert [circle.get("fill") for circle in circles] == ["var(--accent)", "var(--paper)"]


def test_a_dot_stands_inside_its_interval_on_an_axis_from_zero_to_the_largest():
    drawn = Picture(draw_intervals([HERE, ELSEWHERE], "Both").wide)
    intervals = drawn.elements("line", stroke_width="4")
    places = [float(circle.get("cx", "")) for circle in drawn.elements("circle")]
    ends = [(float(line.get("x1", "")), float(line.get("x2", ""))) for line in intervals]
    # 190 pixels of names, 360 of axis up to 0.4, which is the largest upper end.
    assert places == [190 + 360 * 0.75, 190 + 360 * 0.25]
    assert ends == [(190 + 360 * 0.5, 550.0), (190 + 360 * 0.125, 190 + 360 * 0.5)]


def test_losses_of_nothing_but_zero_are_drawn_all_the_same():
    nothing = IntervalLine("here", Interval(0.0, 0.0, 0.0), "0.0%", here=True)
    assert Picture(draw_intervals([nothing], "Nothing").wide).elements("circle")[0].get("cx") == "190.0"


def test_the_narrow_one_says_the_same():
    chart = draw_intervals([HERE, ELSEWHERE], "Both")
    assert Picture(chart.narrow).texts == Picture(chart.wide).texts
    assert Picture(chart.narrow).root.get("width") == "300"


def test_scores_are_two_bars_a_bin_the_group_first():
    drawn = Picture(draw_distribution(SCORE).wide)
    bars = drawn.elements("rect")
    assert [bar.get("fill") for bar in bars] == ["var(--accent)", "var(--bar)"] * 2
    heights = [float(bar.get("height", "")) for bar in bars]
    assert [height / heights[2] for height in heights] == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3], abs=0.001)


def test_scores_have_the_ends_and_the_middle_of_their_axis():
    assert Picture(draw_distribution(SCORE).wide).texts == ["0.0", "0.5", "1.0"]
    assert draw_distribution(SCORE).label == "The score: probability of 1, in the group and elsewhere"


def test_the_table_beside_the_scores_has_the_same_numbers():
    assert SCORE.lines == [("0.0–0.5", "25.0%", "50.0%"), ("0.5–1.0", "75.0%", "50.0%")]


def test_errors_by_class_name_each_class_and_each_share():
    chart = draw_distribution(ERRORS)
    assert Picture(chart.wide).texts == ["healthy", "20.0%", "10.0%", "ill", "40.0%"]
    assert chart.label == "Errors by true class"


def test_too_few_rows_have_no_bar():
    fills = [bar.get("fill") for bar in Picture(draw_distribution(ERRORS).wide).elements("rect")]
    assert fills == ["var(--accent)", "var(--bar)", "var(--bar)"]


def test_a_class_of_no_rows_at_all_is_left_out():
    assert "unknown" not in Picture(draw_distribution(ERRORS).wide).texts


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_hostile_names_are_text(width):
    line = IntervalLine(HOSTILE, Interval(0.3, 0.2, 0.4), HOSTILE, here=True)
    errors = Confusion(HOSTILE, (ClassError(HOSTILE[:28], 30, Interval(0.2, 0.1, 0.3), None, HOSTILE),))
    assert Picture(getattr(draw_intervals([line], HOSTILE), width)).texts == [HOSTILE, HOSTILE]
    assert Picture(getattr(draw_distribution(errors), width)).texts[0] == HOSTILE[:28]
    for chart in (draw_intervals([line], HOSTILE), draw_distribution(errors)):
        assert "<script" not in chart.html


def test_a_picture_is_hidden_from_readers_that_have_its_sentence():
    root = Picture(draw_intervals([HERE], "One").wide).root
    assert (root.get("aria-hidden"), root.get("focusable")) == ("true", "false")
