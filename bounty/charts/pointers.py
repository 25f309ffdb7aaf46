"""Chart of the decision list: versions on a line, repairs as arcs that point back to the version they continue at."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.charts.drawing import NARROW, WIDE, Chart, cached_drawing, inline_data, whole_ticks

# An arc's path, as (share of the way, share of its height).
_ARC = ((0.0, 0.0), (0.5, 1.0), (1.0, 0.0))
# Beyond that arcs are thin and see-through, so that a bundle shows where repairs go back to.
MANY = 40


@dataclass(frozen=True)
class Pointer:
    """An arc of the chart: `count` repairs of one version that continue at the same earlier version."""

    version: int
    target: int
    count: int = 1


def draw_pointers(last: int, arcs: tuple[Pointer, ...]) -> Chart:
    """The chart: versions 0 to `last` on a line; the further back a repair points, the higher its arc."""
    repairs = sum(arc.count for arc in arcs)
    label = ngettext(
        "%(last)d versions after the base model, and %(repairs)d repair that points back to an earlier one",
        "%(last)d versions after the base model, and %(repairs)d repairs that point back to earlier ones",
        repairs,
    ) % {"last": last, "repairs": repairs}
    return Chart(_draw(last, arcs, WIDE, 170), _draw(last, arcs, NARROW, 130), label)


@cached_drawing
def _draw(last: int, arcs: tuple[Pointer, ...], width: int, height: int) -> alt.LayerChart | alt.FacetChart:
    wide = width > 400
    many = len(arcs) > MANY
    x = alt.X(
        "version:Q",
        title=_("version, the base model first"),
        scale=alt.Scale(domain=[0, max(last, 1)], nice=False),
        axis=alt.Axis(values=whole_ticks(last, 12 if wide else 6), format="d", grid=False, domain=False),
    )
    y = alt.Y("up:Q", axis=None, scale=alt.Scale(domain=[0, 1.02]))
    lines = _bundle(arcs, x, y) if many else _lines(arcs, x, y)
    layers = [lines, _line(last, x, y) if last > 2 * MANY else _dots(last, x, y, width)]
    if not many:
        layers.append(_heads(arcs, x, y))
    return alt.layer(*layers).properties(width=width - 40, height=height)


def _path(arc: Pointer, longest: int) -> list[dict[str, float | None]]:
    reach = arc.version - arc.target
    return [
        {"version": round(arc.version - along * reach, 2), "up": round(up * reach / longest, 3)}
        for along, up in _ARC
    ]


def _longest(arcs: tuple[Pointer, ...]) -> int:
    return max((arc.version - arc.target for arc in arcs), default=1)


def _lines(arcs: tuple[Pointer, ...], x: alt.X, y: alt.Y) -> alt.Chart:
    """Each arc as wide as it has repairs."""
    rows = [
        {**point, "arc": n, "step": step, "count": arc.count}
        for n, arc in enumerate(arcs)
        for step, point in enumerate(_path(arc, _longest(arcs)))
    ]
    widths = alt.Scale(domain=[1, 5], range=[1.8, 5], clamp=True)
    line = alt.Chart(inline_data(rows)).mark_line(
        stroke="var(--accent)", strokeOpacity=0.8, interpolate="natural"
    )
    return line.encode(
        x=x,
        y=y,
        order="step:Q",
        detail="arc:N",
        strokeWidth=alt.StrokeWidth("count:Q", scale=widths, legend=None),
    )


def _bundle(arcs: tuple[Pointer, ...], x: alt.X, y: alt.Y) -> alt.Chart:
    """Many thin arcs as one line that is interrupted between them: a tenth of the text."""
    rows: list[dict[str, float | None]] = []
    for arc in arcs:
        rows += [*_path(arc, _longest(arcs)), {"version": arc.target, "up": None}]
    line = alt.Chart(inline_data([{**row, "step": step} for step, row in enumerate(rows)])).mark_line(
        stroke="var(--accent)",
        strokeOpacity=0.55,
        strokeWidth=1,
        interpolate="natural",
        invalid="break-paths-show-path-domains",
    )
    return line.encode(x=x, y=y, order="step:Q")


def _line(last: int, x: alt.X, y: alt.Y) -> alt.Chart:
    ends = alt.Chart(inline_data([{"version": 0, "up": 0}, {"version": last, "up": 0}]))
    return ends.mark_line(stroke="var(--ink)", strokeWidth=3).encode(x=x, y=y)


def _dots(last: int, x: alt.X, y: alt.Y, width: int) -> alt.Chart:
    size = 70 if (width - 40) / max(last, 1) > 12 else 22
    spots = alt.Chart(inline_data([{"version": n, "up": 0} for n in range(last + 1)]))
    return spots.mark_circle(fill="var(--ink)", size=size, opacity=1).encode(x=x, y=y)


def _heads(arcs: tuple[Pointer, ...], x: alt.X, y: alt.Y) -> alt.Chart:
    """Where the arcs point to."""
    heads = alt.Chart(inline_data([{"version": n, "up": 0} for n in sorted({arc.target for arc in arcs})]))
    return heads.mark_point(
        shape="triangle-down", filled=True, fill="var(--accent)", size=70, opacity=1, yOffset=-7
    ).encode(x=x, y=y)
