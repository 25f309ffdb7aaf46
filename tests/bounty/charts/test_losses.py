"""The loss over versions: a step a version, its interval, the names at the drops, and one sentence of it."""

from __future__ import annotations

import pytest

from bounty.charts.losses import MOST_BARS, LossPoint, draw_losses
from bounty.core.measures import scale_of
from evaluator.losses import Loss
from tests.bounty.charts.picture import Picture

SCALE = scale_of(Loss("zero_one"))
POINTS = [
    LossPoint(0, 0.5, 0.45, 0.55, 0.52),
    LossPoint(1, 0.4, 0.35, 0.45, 0.42, "Bob's Builders"),
    LossPoint(2, 0.2, 0.15, 0.25, 0.22, "Charlie"),
]


@pytest.fixture
def drawn() -> Picture:
    return Picture(draw_losses(POINTS, SCALE).wide)


def test_the_sentence_says_from_where_to_where():
    assert draw_losses(POINTS, SCALE).label == ("error on practice rows, version 0 to 2: from 50.0% to 20.0%")


def test_each_version_has_its_point_and_its_interval(drawn):
    assert drawn.fills("symbol") == ["var(--accent)"] * 3
    assert len(drawn.marks("rule")) == 3


def test_both_lines_are_named_at_their_ends(drawn):
    assert drawn.texts[-2:] == ["practice", "explore"]
    assert len(drawn.marks("line")) == 2


def test_axes_are_titled_and_count_from_zero(drawn):
    assert {"version", "error (%)"} <= set(drawn.texts)
    assert drawn.texts.count("0") == 2
    assert "60" in drawn.texts


def test_names_stand_at_the_drops(drawn):
    assert {"Bob's Builders", "Charlie"} <= set(drawn.texts)


def test_a_long_name_is_shortened_in_the_narrow_picture_alone():
    chart = draw_losses([POINTS[0], LossPoint(1, 0.4, 0.35, 0.45, 0.42, "Bob's Busy Builders")], SCALE)
    assert "Bob's Busy Builders" in Picture(chart.wide).texts
    assert "Bob's Busy B…" in Picture(chart.narrow).texts


def test_a_teams_own_model_has_one_line_and_no_name_for_it():
    own = Picture(draw_losses([LossPoint(n, 0.5, 0.4, 0.6) for n in range(3)], SCALE).wide)
    assert len(own.marks("line")) == 1
    assert not {"practice", "explore"} & set(own.texts)


def test_many_versions_have_one_band_instead_of_intervals_and_points():
    many = [LossPoint(n, 0.5, 0.4, 0.6, 0.5) for n in range(MOST_BARS + 1)]
    drawn = Picture(draw_losses(many, SCALE).wide)
    assert (len(drawn.marks("area")), drawn.marks("rule"), drawn.marks("symbol")) == (1, [], [])


def test_a_loss_without_a_unit_has_none_on_its_axis():
    chart = draw_losses(POINTS, scale_of(Loss("log")))
    assert "log loss" in Picture(chart.wide).texts
    assert chart.label.endswith("from 0.500 to 0.200")
