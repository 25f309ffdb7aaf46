"""Pictures: safe with anybody's names, drawn once, readable when there is much to draw."""

from __future__ import annotations

import itertools
import random
from typing import Any

import altair as alt
import pytest

from bounty.charts import column_heatmap, drawing, gain, losses, pointers, ranks
from bounty.core.measures import scale_of
from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.losses import Loss

SCALE = scale_of(Loss("zero_one"))
HOSTILE = '<script>alert(1)</script>"] + alert(2) + ["\\'


def points(drops: list[float], by: str = "Bob") -> list[losses.LossPoint]:
    loss, found = 0.5, [losses.LossPoint(0, 0.5, 0.45, 0.55, 0.52)]
    for number, drop in enumerate(drops, start=1):
        loss -= drop
        found.append(losses.LossPoint(number, loss, loss - 0.05, loss + 0.05, loss + 0.02, f"{by} {number}"))
    return found


def every_picture(name: str) -> list[drawing.Chart]:
    return [
        losses.draw_losses(points([0.1, 0.2], by=name), SCALE),
        column_heatmap.draw_column_heatmap(
            (column_heatmap.HeatmapRow(name, (1, 2)), column_heatmap.HeatmapRow("Ada", (0, 4))), ("AGE", name)
        ),
        ranks.draw_ranks(
            (ranks.RankLine(name, (None, 1, 1)), ranks.RankLine("Ada", (1, 2, 2), mine=True)), (0, 1, 2)
        ),
        gain.draw_gain(gain.WinCounts(61, 90, 66, 120)),
        gain.draw_gain(gain.WinCounts(61, 90, None, 120, is_zero_one=False)),
        pointers.draw_pointers(3, (pointers.Pointer(3, 1),)),
    ]


@pytest.mark.parametrize(
    "forbidden", ["<script", "<style", " style=", "onclick", "<foreignObject", "http://127"]
)
def test_no_picture_holds_anything_but_a_drawing_whatever_a_team_calls_itself(forbidden):
    for chart in every_picture(HOSTILE):
        assert forbidden not in chart.html


def test_a_hostile_name_is_shown_as_text():
    chart = every_picture(HOSTILE)[1]
    assert "&lt;script" in chart.wide
    assert "undefined" not in chart.wide


def test_colours_are_those_of_the_style_sheet():
    for chart in every_picture("Bob"):
        assert "var(--" in chart.wide
        assert "#4c78a8" not in chart.html  # Vega's own blue


def test_the_same_is_drawn_once(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        drawing.vl_convert, "vegalite_to_svg", lambda spec: drawn.append(spec) or "<svg></svg>"
    )
    for _ in range(3):
        gain.draw_gain(gain.WinCounts(7, 9, 8, 12))
    assert len(drawn) == 2  # one wide, one narrow
    gain.draw_gain(gain.WinCounts(7, 9, 8, 13))
    assert len(drawn) == 4


def test_what_one_process_drew_another_finds_in_the_cache(monkeypatch):
    @drawing.cached_drawing
    def picture(size: int) -> alt.Chart:
        return alt.Chart(drawing.inline_data([{"x": size}])).mark_point().encode(x="x:Q")

    first = picture(3)
    monkeypatch.setattr(drawing.vl_convert, "vegalite_to_svg", lambda spec: pytest.fail("drawn again"))
    again = drawing.cached_drawing(picture.__wrapped__)  # a new process: nothing in its own memory
    assert again(3) == first


def test_the_largest_drops_are_named_and_keep_apart():
    chosen = losses.largest_drops(points([0.01, 0.2, 0.002, 0.1]), most=3, pixels=500)
    # The first drop starts 5 pixels above the second: there is no room for both names.
    assert [point.version for point, _before in chosen] == [2, 4]
    heights = sorted(before * 500 for _point, before in chosen)
    assert all(b - a >= losses.APART for a, b in itertools.pairwise(heights))


def test_a_version_that_made_it_worse_is_not_named():
    assert losses.largest_drops(points([-0.1]), most=3, pixels=500) == []


def test_nobody_is_named_in_a_teams_own_model():
    bare = [losses.LossPoint(n, 0.4 - 0.1 * n, 0.2, 0.5) for n in range(3)]
    assert losses.largest_drops(bare, most=3, pixels=500) == []


def test_the_heat_map_shows_the_first_teams_and_the_columns_named_most():
    rows = tuple(column_heatmap.HeatmapRow(f"Team {n}", (1, 0, 9)) for n in range(40))
    chart = column_heatmap.draw_column_heatmap(rows, ("AGE", "SEX", "INCOME"))
    assert "Team 24" in chart.wide
    assert "Team 25" not in chart.wide
    assert "SEX" not in chart.wide


def test_shades_grow_with_the_count():
    levels = [column_heatmap.shade_of(count, 16) for count in range(17)]
    assert levels == sorted(levels)
    assert (levels[0], levels[1], levels[16]) == (0, 1, column_heatmap.LEVELS)


def test_ones_own_team_is_drawn_wherever_it_stands():
    lines = tuple(ranks.RankLine(f"Team {n}", (n + 1, n + 1), mine=n == 11) for n in range(12))
    assert "Team 11" in ranks.draw_ranks(lines, (0, 1)).wide
    assert "Team 10" not in ranks.draw_ranks(lines, (0, 1)).wide


def test_what_would_pass_is_said_where_wins_would_do_and_left_out_where_not():
    assert "about 66 would be enough" in gain.draw_gain(gain.WinCounts(61, 90, 66, 120)).label
    assert "enough" not in gain.draw_gain(gain.WinCounts(5, 6, None, 30)).wide


def practice(**fields: object) -> PracticeFeedback:
    """Feedback on a patch that changed 90 practice answers and made 60 of them better."""
    means = dict.fromkeys(("loss_before", "loss_after", "loss_alone", "overall_before", "overall_after"), 0.1)
    counts: dict[str, Any] = {"rows": 200, "wins_alone": 60, "losses_alone": 30, "wins": 60, "losses": 30}
    gate: dict[str, Any] = {"p_value": 0.2, "chance": 0.1, "changed_needed": 140, "wins_needed": None}
    return PracticeFeedback(**{"reason": "practice", "weight": 0.1} | means | counts | gate | fields)


def test_other_losses_compare_how_many_answers_changed():
    won = gain.win_counts_of(practice(), is_zero_one=False)
    assert won is not None
    chart = gain.draw_gain(won)
    assert "about 140 changed alike would be enough" in chart.label
    assert "luck" not in chart.wide
    assert gain.win_counts_of(practice(changed_needed=None), is_zero_one=False) is None


def test_no_threshold_is_drawn_where_nothing_changed_or_nothing_is_certified():
    assert gain.win_counts_of(practice(wins=0, losses=0)) is None
    assert gain.win_counts_of(practice(chance=None)) is None
    assert gain.win_counts_of(FindingFeedback(200, 0.1, 0.5, 0.4, 0.01, 0.02, 0.0, counts=True)) is None
    assert gain.win_counts_of(None) is None


def test_three_hundred_versions_with_repairs_stay_a_small_picture():
    rng = random.Random(1)
    arcs = tuple(pointers.Pointer(version, rng.randrange(version)) for version in range(2, 300))
    chart = pointers.draw_pointers(300, arcs)
    assert len(chart.wide) < 60_000
    assert "298 repairs" in chart.label


def test_a_long_history_stays_a_small_picture():
    assert len(losses.draw_losses(points([0.001] * 300), SCALE).wide) < 60_000
