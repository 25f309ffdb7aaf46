"""A patch's gain against its threshold: luck, what would be enough, and where it stands."""

from __future__ import annotations

from bounty.charts.gain import WinCounts, draw_gain, win_counts_of
from evaluator.adjudication.feedback import PracticeFeedback
from tests.bounty.charts.picture import Picture

PRACTICE = PracticeFeedback(
    "practice", rows=200, weight=0.1, loss_before=0.4, loss_after=0.3, loss_alone=0.3, wins_alone=61, losses_alone=29,
    overall_before=0.4, overall_after=0.39, wins=61, losses=29, p_value=0.01, chance=0.4, changed_needed=120,
    wins_needed=66,
)  # fmt: skip


def place(mark) -> float:
    """Where a mark stands from left to right."""
    return float(mark.get("transform").removeprefix("translate(").partition(",")[0])


def test_a_verdicts_numbers_are_those_that_are_drawn():
    assert win_counts_of(PRACTICE) == WinCounts(61, 90, 66, 120)
    assert WinCounts(61, 90, 66, 120).share == 61 / 90


def test_the_sentence_says_what_was_won_and_what_would_do():
    assert draw_gain(WinCounts(61, 90, 66, 120)).label == (
        "It won 61 of the 90 answers that it changed on practice rows; about 66 would be enough"
    )


def test_where_no_number_of_wins_would_do_none_is_said():
    assert draw_gain(WinCounts(5, 6, None, 30)).label == (
        "It won 5 of the 6 answers that it changed on practice rows"
    )


def test_luck_and_enough_are_marked_and_named():
    drawn = Picture(draw_gain(WinCounts(61, 90, 66, 120)).wide)
    assert drawn.texts[-2:] == ["luck", "enough"]
    assert "share of changed answers that became better (%)" in drawn.texts
    luck, enough, interval = drawn.marks("rule")
    assert (luck.get("stroke"), enough.get("stroke")) == ("var(--quiet)", "var(--better)")
    assert (place(luck), round(place(enough))) == (295, round(590 * 66 / 90))
    assert interval.get("stroke") == "var(--bar)"


def test_the_dot_stands_at_the_share_inside_its_interval():
    won = WinCounts(61, 90, 66, 120)
    drawn = Picture(draw_gain(won).wide)
    (dot,), interval = drawn.marks("symbol"), drawn.marks("rule")[-1]
    assert round(place(dot)) == round(590 * won.share)
    assert round(place(interval)) == round(590 * won.bounds[0])
    assert place(interval) < place(dot) < place(interval) + float(interval.get("x2"))


def test_words_that_would_touch_keep_to_their_own_sides():
    luck, enough = Picture(draw_gain(WinCounts(50, 90, 52, 120)).wide).marks("text")
    assert (luck.get("text-anchor"), enough.get("text-anchor")) == ("end", "start")


def test_other_losses_show_two_bars_changed_and_enough():
    chart = draw_gain(WinCounts(60, 90, None, 140, is_zero_one=False))
    drawn = Picture(chart.wide)
    assert chart.label == ("It changed 90 answers on practice rows; about 140 changed alike would be enough")
    assert drawn.fills("rect") == ["var(--accent)", "var(--better)"]
    assert drawn.texts[-2:] == ["changed", "enough"]
