"""The decision list and its pointers: a dot a version, an arc a repair, a head where it points to."""

from __future__ import annotations

import pytest

from bounty.charts.pointers import MANY, Pointer, draw_pointers
from tests.bounty.charts.picture import Picture

ARCS = (Pointer(3, 1), Pointer(5, 1, 4), Pointer(5, 4))


@pytest.fixture
def drawn() -> Picture:
    return Picture(draw_pointers(5, ARCS).wide)


def test_the_sentence_counts_versions_and_repairs_not_arcs():
    assert draw_pointers(5, ARCS).label == (
        "5 versions after the base model, and 6 repairs that point back to earlier ones"
    )
    assert draw_pointers(5, ARCS[:1]).label == (
        "5 versions after the base model, and 1 repair that points back to an earlier one"
    )


def test_each_version_has_its_dot_and_each_target_its_head(drawn):
    assert drawn.fills("symbol") == ["var(--ink)"] * 6 + ["var(--accent)"] * 2


def test_an_arc_is_as_wide_as_it_has_repairs(drawn):
    widths = [float(line.get("stroke-width")) for line in drawn.marks("line")]
    assert widths[0] == widths[2] == 1.8
    assert widths[1] > widths[0]


def test_the_axis_begins_with_the_base_model(drawn):
    assert "version, the base model first" in drawn.texts
    assert drawn.texts[:6] == ["0", "1", "2", "3", "4", "5"]


def test_without_repairs_there_is_the_line_of_versions_alone():
    drawn = Picture(draw_pointers(2, ()).wide)
    assert drawn.fills("symbol") == ["var(--ink)"] * 3
    assert drawn.marks("line") == []


def test_many_repairs_are_one_thin_bundle_without_heads():
    drawn = Picture(draw_pointers(MANY + 1, tuple(Pointer(n + 1, 0) for n in range(MANY + 1))).wide)
    assert [line.get("stroke-width") for line in drawn.marks("line")] == ["1"]
    assert set(drawn.fills("symbol")) == {"var(--ink)"}
