"""Chart of the loss over versions, with the names of the teams behind the largest drops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import altair as alt
from django.utils.translation import gettext as _

from bounty.charts.drawing import (
    NARROW,
    WIDE,
    Chart,
    cached_drawing,
    inline_data,
    outlined_labels,
    shorten_text,
    whole_ticks,
)
from bounty.core.measures import LossScale

# From so many versions on, intervals are drawn as one band instead of a bar each.
MOST_BARS = 40
# How near two names may come, in pixels from top to bottom.
APART = 17


@dataclass(frozen=True)
class LossPoint:
    """One version's losses; `low` and `high` bound the practice loss. A team's own model has no `explore`.

    `by` names who made the version, where that should be told.
    """

    version: int
    practice: float
    low: float
    high: float
    explore: float | None = None
    by: str = ""


def draw_losses(points: Sequence[LossPoint], scale: LossScale) -> Chart:
    """The chart: the practice loss as a step line with its interval, the explore loss where known beside it, from
    zero.

    The largest drops carry the names of those who made them.
    """
    first, last = points[0], points[-1]
    label = _("%(loss)s on practice rows, version %(first)d to %(last)d: from %(before)s to %(after)s") % {
        "loss": scale.word,
        "first": first.version,
        "last": last.version,
        "before": scale.format(first.practice),
        "after": scale.format(last.practice),
    }
    return Chart(_draw(tuple(points), scale, WIDE, 260), _draw(tuple(points), scale, NARROW, 220), label)


@cached_drawing
def _draw(
    points: tuple[LossPoint, ...], scale: LossScale, width: int, height: int
) -> alt.LayerChart | alt.FacetChart:
    factor = scale.factor
    rows = [
        {"version": p.version, "practice": p.practice * factor, "low": p.low * factor,
         "high": p.high * factor, "explore": (p.practice if p.explore is None else p.explore) * factor}
        for p in points
    ]  # fmt: skip
    top = max(max(row["high"], row["explore"]) for row in rows)
    last = points[-1].version
    x = alt.X(
        "version:Q",
        title=_("version"),
        scale=alt.Scale(domain=[0, max(last, 1)], nice=False),
        axis=alt.Axis(values=whole_ticks(last, 12 if width > 400 else 6), format="d", grid=False),
    )
    y = alt.Scale(domain=[0, top], nice=True)
    base = alt.Chart(inline_data(rows)).encode(x=x)
    title = f"{scale.word} ({scale.unit})" if scale.unit else scale.word
    practice = alt.Y("practice:Q", title=title, scale=y, axis=alt.Axis(tickCount=5))
    layers = [
        _interval(base, y, len(points)),
        base.mark_line(interpolate="step-after", stroke="var(--accent)", strokeWidth=2.5).encode(practice),
    ]
    if len(points) <= MOST_BARS:
        layers.append(base.mark_circle(fill="var(--accent)", size=50, opacity=1).encode(practice))
    layers += _drop_labels(points, factor, y, height / top if top else 0.0, width)
    if points[-1].explore is not None:
        dashed = base.mark_line(interpolate="step-after", stroke="var(--strong-line)", strokeDash=[4, 3])
        layers.insert(1, dashed.encode(alt.Y("explore:Q", scale=y)))
        layers += _direct_labels(rows[-1], y)
    return alt.layer(*layers).properties(width=width - 120, height=height)


def _interval(base: alt.Chart, y: alt.Scale, versions: int) -> alt.Chart:
    low, high = alt.Y("low:Q", scale=y), alt.Y2("high:Q")
    if versions <= MOST_BARS:
        return base.mark_rule(stroke="var(--bar)", strokeWidth=5).encode(low, high)
    return base.mark_area(interpolate="step-after", fill="var(--bar)", opacity=0.5).encode(low, high)


def largest_drops(points: Sequence[LossPoint], most: int, pixels: float) -> list[tuple[LossPoint, float]]:
    """The versions with the largest drops and the loss before each; `pixels` a unit of loss keep names apart."""
    drops = sorted(
        ((before.practice - point.practice, before, point) for before, point in pairwise(points) if point.by),
        key=lambda drop: (-drop[0], drop[2].version),
    )
    chosen: list[tuple[LossPoint, float]] = []
    for drop, before, point in drops:
        free = all(abs(before.practice - other) * pixels >= APART for _, other in chosen)
        if drop > 0 and free and len(chosen) < most:
            chosen.append((point, before.practice))
    return chosen


def _drop_labels(
    points: Sequence[LossPoint], factor: float, y: alt.Scale, pixels: float, width: int
) -> list[alt.Chart]:
    wide = width > 400
    chosen = largest_drops(points, 6 if wide else 3, pixels * factor)
    if not chosen:
        return []
    last = max(points[-1].version, 1)
    layers: list[alt.Chart] = []
    for point, before in chosen:
        # Names on the right half would run out of the picture: they end at their step, the others begin there.
        right = point.version > 0.62 * last
        row = {
            "version": point.version,
            "at": before * factor,
            "name": shorten_text(point.by, 24 if wide else 13),
        }
        mark = alt.Chart(inline_data([row])).encode(x="version:Q", y=alt.Y("at:Q", scale=y), text="name:N")
        layers += outlined_labels(
            mark, 12, align="right" if right else "left", dx=-2 if right else 5, dy=-9, fill="var(--ink)"
        )
    return layers


def _direct_labels(last: dict[str, float], y: alt.Scale) -> list[alt.Chart]:
    """Layers of text: the names of the two lines at their right ends, kept apart where the lines meet."""
    above = last["explore"] > last["practice"]
    said = (
        ("practice", _("practice"), "var(--accent)", 7 if above else -7),
        ("explore", _("explore"), "var(--quiet)", -7 if above else 7),
    )
    return [
        alt.Chart(inline_data([{"version": last["version"], "at": last[key]}]))
        .mark_text(text=word, align="left", dx=9, dy=dy, fill=colour, fontSize=13, fontWeight=600)
        .encode(x="version:Q", y=alt.Y("at:Q", scale=y))
        for key, word, colour, dy in said
    ]
