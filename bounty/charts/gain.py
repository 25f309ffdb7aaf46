"""Chart of a patch's gain on practice rows against what certification would ask for.

Drawn from the practice numbers that its team reads in full, and from what the ledger asked of the next query, which
everybody can compute from the published decisions. Nothing of the certification rows is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
from django.utils.translation import gettext as _

from bounty.charts.drawing import NARROW, WIDE, Chart, cached_drawing, inline_data
from bounty.core.measures import wilson_interval
from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.adjudication.noised_feedback import NoisedFeedback
from evaluator.adjudication.stored_feedback import PatchFeedback


@dataclass(frozen=True)
class WinCounts:
    """Counts of the practice answers that changed: how many became better, and how many would have to."""

    wins: int
    changed: int
    wins_needed: int | None  # of the same changed rows; None where not even all would do
    changed_needed: int | None  # at the same share of wins; None where no number would do
    is_zero_one: bool = True  # other losses are judged by how much is won, not by how often

    @property
    def share(self) -> float:
        return self.wins / self.changed

    @property
    def bounds(self) -> tuple[float, float]:
        return wilson_interval(self.share, self.changed)


def win_counts_of(
    practice: PatchFeedback | FindingFeedback | None, *, is_zero_one: bool = True
) -> WinCounts | None:
    """The counts of a verdict's practice numbers; None where nothing changed, or certification has no say."""
    if isinstance(practice, NoisedFeedback):
        return _noised_counts(practice)
    if not isinstance(practice, PracticeFeedback) or not practice.changed or practice.chance is None:
        return None
    if not is_zero_one and practice.changed_needed is None:
        return None
    needed = practice.wins_needed, practice.changed_needed
    return WinCounts(practice.wins, practice.changed, *needed, is_zero_one)


def _noised_counts(practice: NoisedFeedback) -> WinCounts | None:
    """The counts of the patch alone; other losses than the 0-1 loss have no counts by the present rule."""
    if practice.wins is None or not practice.changed or practice.chance is None:
        return None
    return WinCounts(practice.wins, practice.changed, practice.wins_needed, practice.changed_needed)


def draw_gain(won: WinCounts) -> Chart:
    """The chart: the share of changed answers that became better, with its interval, between luck and what would
    pass.

    For other losses than the 0-1 loss: how many answers changed, against how many would have to change alike.
    """
    if not won.is_zero_one:
        label = _(
            "It changed %(changed)d answers on practice rows; about %(needed)d changed alike would be enough"
        ) % {
            "changed": won.changed,
            "needed": won.changed_needed,
        }
        return Chart(_draw_changed(won, WIDE), _draw_changed(won, NARROW), label)
    label = _("It won %(wins)d of the %(changed)d answers that it changed on practice rows") % {
        "wins": won.wins,
        "changed": won.changed,
    }
    if won.wins_needed is not None:
        label += _("; about %(needed)d would be enough") % {"needed": won.wins_needed}
    return Chart(_draw(won, WIDE), _draw(won, NARROW), label)


@cached_drawing
def _draw_changed(won: WinCounts, width: int) -> alt.LayerChart | alt.FacetChart:
    rows: list[dict[str, Any]] = [
        {"what": _("changed"), "answers": won.changed, "place": 0},
        {"what": _("enough"), "answers": won.changed_needed, "place": 1},
    ]
    x = alt.X("answers:Q", title=_("practice answers"), axis=alt.Axis(grid=False, tickCount=4, format=",d"))
    y = alt.Y("what:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False))
    colours = alt.Scale(domain=[0, 1], range=["var(--accent)", "var(--better)"])
    bars = alt.Chart(inline_data(rows)).mark_bar(height=14)
    layers = [bars.encode(x=x, y=y, fill=alt.Fill("place:O", scale=colours, legend=None))]
    return alt.layer(*layers).properties(width=width - 110, height=74)


@cached_drawing
def _draw(won: WinCounts, width: int) -> alt.LayerChart | alt.FacetChart:
    low, high = won.bounds
    needed = None if won.wins_needed is None else won.wins_needed / won.changed
    x = alt.X(
        "share:Q",
        title=_("share of changed answers that became better (%)"),
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(values=[0, 25, 50, 75, 100], grid=False),
    )
    y = alt.Y("at:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    marks = [(0.5, _("luck"), "var(--quiet)", [4, 3])]
    if needed is not None:
        marks.append((needed, _("enough"), "var(--better)", [1, 0]))
    layers: list[alt.Chart] = []
    for share, word, colour, dash in marks:
        rule = alt.Chart(inline_data([{"share": 100 * share, "at": 0, "top": 0.8, "word": word}]))
        layers.append(
            rule.mark_rule(stroke=colour, strokeWidth=2, strokeDash=dash).encode(x=x, y=y, y2="top:Q")
        )
        edge: Literal["left", "center", "right"] = (
            "right" if share > 0.9 else "left" if share < 0.1 else "center"
        )
        # Where the two are close, each word keeps to its own side.
        if needed is not None and abs(needed - 0.5) < 0.12:
            edge = "right" if share == 0.5 else "left"
        text = rule.mark_text(text=word, align=edge, dy=-2, baseline="bottom", fill=colour, fontSize=13)
        layers.append(text.encode(x=x, y=alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[0, 1]))))
    here = alt.Chart(
        inline_data([{"share": 100 * won.share, "low": 100 * low, "high": 100 * high, "at": 0.4}])
    )
    layers += [
        here.mark_rule(stroke="var(--bar)", strokeWidth=8).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
        here.mark_circle(fill="var(--accent)", size=170, opacity=1).encode(x=x, y=y),
    ]
    return alt.layer(*layers).properties(width=width - 30, height=74)
