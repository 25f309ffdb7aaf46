"""Pictures drawn on the server as inline SVG: no script, no inline style, colours from the style sheet.

Colours are CSS variables in presentation attributes, so that light, dark and print need no second drawing.
Each picture is drawn twice, wide and narrow, because text in a scaled SVG would become unreadable on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import vl_convert
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from bounty.figures import Scale

WIDE, NARROW = 620, 300


@dataclass(frozen=True)
class Chart:
    """One picture in two widths, and what it says in a sentence."""

    wide: SafeString
    narrow: SafeString
    label: str

    @property
    def html(self) -> SafeString:
        return format_html_join(
            "",
            '<div class="drawing {}" role="img" aria-label="{}">{}</div>',
            (("wide", self.label, self.wide), ("narrow", self.label, self.narrow)),
        )


@dataclass(frozen=True)
class Point:
    """One version's losses; `low` and `high` bound the practice loss. A team's own model has no `explore`."""

    version: int
    practice: float
    low: float
    high: float
    explore: float | None = None


def loss_over_versions(points: Sequence[Point], scale: Scale) -> Chart:
    """The practice loss as a step line with its interval, the explore loss where known beside it, from zero."""
    first, last = points[0], points[-1]
    label = (
        f"{scale.word} on practice rows, version {first.version} to {last.version}: "
        f"from {scale.text(first.practice)} to {scale.text(last.practice)}"
    )
    return Chart(
        _draw_losses(tuple(points), scale, WIDE, 260), _draw_losses(tuple(points), scale, NARROW, 220), label
    )


# By content: the same versions are drawn once a process, whoever asks.
@lru_cache(maxsize=128)
def _draw_losses(points: tuple[Point, ...], scale: Scale, width: int, height: int) -> SafeString:
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
        title="version",
        scale=alt.Scale(domain=[0, max(last, 1)], nice=False),
        axis=alt.Axis(values=_whole_ticks(last, 12 if width > 400 else 6), format="d", grid=False),
    )
    y = alt.Scale(domain=[0, top], nice=True)
    base = alt.Chart(alt.Data(values=rows)).encode(x=x)
    title = f"{scale.word} ({scale.unit})" if scale.unit else scale.word
    practice = alt.Y("practice:Q", title=title, scale=y, axis=alt.Axis(tickCount=5))
    layers = [
        base.mark_rule(stroke="var(--bar)", strokeWidth=5).encode(alt.Y("low:Q", scale=y), alt.Y2("high:Q")),
        base.mark_line(interpolate="step-after", stroke="var(--accent)", strokeWidth=2.5).encode(practice),
        base.mark_circle(fill="var(--accent)", size=50, opacity=1).encode(practice),
    ]
    if points[-1].explore is not None:
        dashed = base.mark_line(interpolate="step-after", stroke="var(--strong-line)", strokeDash=[4, 3])
        layers.insert(1, dashed.encode(alt.Y("explore:Q", scale=y)))
        layers += _direct_labels(rows[-1], y)
    picture = alt.layer(*layers).properties(width=width - 120, height=height)
    return _svg(picture.to_dict())


def _direct_labels(last: dict[str, float], y: alt.Scale) -> list[alt.Chart]:
    """The names of the two lines at their right ends, kept apart where the lines meet."""
    above = last["explore"] > last["practice"]
    said = (
        ("practice", "var(--accent)", 7 if above else -7),
        ("explore", "var(--quiet)", -7 if above else 7),
    )
    return [
        alt.Chart(alt.Data(values=[{"version": last["version"], "at": last[name]}]))
        .mark_text(text=name, align="left", dx=9, dy=dy, fill=colour, fontSize=13, fontWeight=600)
        .encode(x="version:Q", y=alt.Y("at:Q", scale=y))
        for name, colour, dy in said
    ]


def _whole_ticks(last: int, most: int) -> list[int]:
    step = max(1, -(-last // most))
    return list(range(0, max(last, 1) + 1, step))


_AXIS = {
    "labelColor": "var(--quiet)", "titleColor": "var(--quiet)", "domainColor": "var(--strong-line)",
    "tickColor": "var(--strong-line)", "gridColor": "var(--line)", "labelFontSize": 13, "titleFontSize": 13,
    "titleFontWeight": 400, "domainWidth": 1, "titlePadding": 8,
}  # fmt: skip


def _svg(spec: dict[str, Any]) -> SafeString:
    spec["config"] = {
        "background": None,
        "font": "inherit",
        "axis": _AXIS,
        "view": {"stroke": None},
        "padding": 4,
    }
    svg = vl_convert.vegalite_to_svg(spec)
    return mark_safe(svg)  # noqa: S308 - drawn from numbers and our own words alone


def sparkline(values: Sequence[float], label: str) -> SafeString:
    """A line of a word's size: running values, the last one marked. Fewer than two draw nothing."""
    if len(values) < 2:
        return mark_safe("")
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    places = [(2 + 86 * i / (len(values) - 1), 20 - 18 * (v - low) / span) for i, v in enumerate(values)]
    zero = 20 - 18 * (0 - low) / span
    return format_html(
        '<svg class="spark" viewBox="0 0 92 22" role="img" aria-label="{}">'
        '<line x1="0" x2="92" y1="{}" y2="{}" class="zero"/><polyline points="{}"/>'
        '<circle cx="{}" cy="{}" r="2.2"/></svg>',
        label,
        f"{zero:.1f}",
        f"{zero:.1f}",
        " ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        f"{places[-1][0]:.1f}",
        f"{places[-1][1]:.1f}",
    )
