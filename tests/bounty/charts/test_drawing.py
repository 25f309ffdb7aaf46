"""What all pictures share: two widths with one sentence, shortened names, ticks, and lines of a word's size."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.safestring import mark_safe

from bounty.charts.drawing import Chart, cached_drawing, draw_sparkline, shorten_text, whole_ticks
from bounty.charts.gain import WinCounts, draw_gain
from tests.bounty.charts.picture import Picture


def test_a_chart_is_its_wide_and_its_narrow_drawing_with_the_same_sentence():
    html = Chart(mark_safe("<svg>wide</svg>"), mark_safe("<svg>narrow</svg>"), "All of it").html
    assert html == (
        '<div class="drawing wide" role="img" aria-label="All of it"><svg>wide</svg></div>'
        '<div class="drawing narrow" role="img" aria-label="All of it"><svg>narrow</svg></div>'
    )


def test_a_hostile_sentence_is_escaped():
    html = Chart(mark_safe(""), mark_safe(""), '"><script>alert(1)</script>').html
    assert "<script" not in html
    assert 'aria-label="&quot;&gt;&lt;script&gt;' in html


def test_no_mark_has_a_role_of_its_own():
    assert " role=" not in draw_gain(WinCounts(61, 90, 66, 120)).wide
    assert "aria-" not in draw_gain(WinCounts(61, 90, 66, 120)).wide


def test_a_drawing_in_another_language_is_another_drawing():
    english = draw_gain(WinCounts(61, 90, 66, 120))
    with translation.override("es"):
        spanish = draw_gain(WinCounts(61, 90, 66, 120))
    assert "luck" in Picture(english.wide).texts
    assert "luck" not in Picture(spanish.wide).texts


def test_arguments_by_name_are_refused():
    @cached_drawing
    def picture(size):
        return size

    with pytest.raises(TypeError, match="given by position"):
        picture(size=3)


@pytest.mark.parametrize(
    ("text", "most", "short"), [("Bob", 3, "Bob"), ("Charlie", 4, "Cha…"), ("Bob Builder", 5, "Bob…")]
)
def test_a_name_that_does_not_fit_ends_in_an_ellipsis(text, most, short):
    assert shorten_text(text, most) == short


@pytest.mark.parametrize(
    ("last", "most", "ticks"),
    [(0, 6, [0, 1]), (3, 6, [0, 1, 2, 3]), (12, 6, [0, 2, 4, 6, 8, 10, 12]), (100, 4, [0, 25, 50, 75, 100])],
)
def test_ticks_are_whole_and_evenly_apart(last, most, ticks):
    assert whole_ticks(last, most) == ticks


def test_a_sparkline_runs_from_left_to_right_and_marks_its_end():
    line = Picture(draw_sparkline([0, 1, 2], "Bob's points"))
    assert line.root.get("aria-label") == "Bob's points"
    assert line.elements("polyline")[0].get("points") == "2.0,20.0 45.0,11.0 88.0,2.0"
    assert [(dot.get("cx"), dot.get("cy")) for dot in line.elements("circle")] == [("88.0", "2.0")]


def test_a_sparkline_below_zero_shows_where_zero_is():
    line = Picture(draw_sparkline([0, -2], "Charlie"))
    zero = line.elements("line", **{"class": "zero"})[0]
    assert (zero.get("y1"), zero.get("y2")) == ("2.0", "2.0")
    assert line.elements("polyline")[0].get("points") == "2.0,2.0 88.0,20.0"


def test_the_middle_of_a_level_stretch_is_left_out():
    points = Picture(draw_sparkline([1, 1, 1, 1, 2], "Bob")).elements("polyline")[0].get("points", "")
    assert len(points.split()) == 3


def test_one_value_draws_no_line():
    assert draw_sparkline([3], "Bob") == ""


def test_a_hostile_name_on_a_sparkline_is_escaped():
    assert "<script" not in draw_sparkline([1, 2], '"><script>alert(1)</script>')
