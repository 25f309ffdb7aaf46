"""Heat map of teams and columns: how often the groups of each team name each column."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import altair as alt
from django.utils.translation import ngettext

from bounty.charts.drawing import NARROW, WIDE, Chart, cached_drawing, inline_data, shorten_text

# Shades of a cell; level 0 is an empty one.
LEVELS = 4
MOST_TEAMS, MOST_COLUMNS = 25, 24
NARROW_TEAMS, NARROW_COLUMNS = 7, 16
_SHADES = [f"var(--heat-{level})" for level in range(LEVELS + 1)]
_INKS = [f"var(--heat-ink-{level})" for level in range(LEVELS + 1)]


@dataclass(frozen=True)
class HeatmapRow:
    """A row of the heat map: a team, and how often its groups name each column."""

    name: str
    counts: tuple[int, ...]


def shade_of(count: int, top: int) -> int:
    """The shade of a count, where `top` is the largest: 0 only for nothing; by square roots, or one busy team would
    leave all others pale.
    """
    return math.ceil(LEVELS * math.sqrt(count / max(top, 1)))


def draw_column_heatmap(rows: tuple[HeatmapRow, ...], columns: tuple[str, ...]) -> Chart:
    """The chart: teams down and columns across; on a phone columns down and fewer teams across. Darker is more
    often.

    Shows the first teams as they are given, and the columns that are named most often; the table has all.
    """
    wide = _crop(rows, columns, MOST_TEAMS, MOST_COLUMNS)
    narrow = _crop(rows, columns, NARROW_TEAMS, NARROW_COLUMNS)
    label = ngettext(
        "How often the groups of %(teams)d team name each of %(columns)d columns; darker is more often",
        "How often the groups of %(teams)d teams name each of %(columns)d columns; darker is more often",
        len(wide[0]),
    ) % {"teams": len(wide[0]), "columns": len(wide[1])}
    return Chart(_draw(*wide, False), _draw(*narrow, True), label)


def _crop(
    rows: tuple[HeatmapRow, ...], columns: tuple[str, ...], most_rows: int, most_columns: int
) -> tuple[tuple[HeatmapRow, ...], tuple[str, ...]]:
    """The first rows, and of the columns those that these rows name most often, in the schema's order."""
    rows = rows[:most_rows]
    totals = [sum(row.counts[i] for row in rows) for i in range(len(columns))]
    kept = sorted(sorted(range(len(columns)), key=lambda i: (-totals[i], i))[:most_columns])
    kept = [i for i in kept if totals[i]]
    cut = tuple(HeatmapRow(row.name, tuple(row.counts[i] for i in kept)) for row in rows)
    return cut, tuple(columns[i] for i in kept)


@cached_drawing
def _draw(
    rows: tuple[HeatmapRow, ...], columns: tuple[str, ...], turned: bool
) -> alt.LayerChart | alt.FacetChart:
    top = max((count for row in rows for count in row.counts), default=1)
    # Positions and not names are drawn, so that two teams whose shortened names agree stay two.
    cells = [
        {"team": t, "column": c, "count": count, "level": shade_of(count, top)}
        for t, row in enumerate(rows)
        for c, count in enumerate(row.counts)
    ]
    names = [shorten_text(row.name, 14 if turned else 22) for row in rows]
    heads = [shorten_text(column, 16) for column in columns]
    across, down = ("team", "column") if turned else ("column", "team")
    across_names, down_names = (names, heads) if turned else (heads, names)
    most = (NARROW - 130) if turned else (WIDE - 190)
    size = max(16, min(34, most // max(1, len(across_names))))
    x = alt.X(f"{across}:O", title=None, axis=_axis(across_names, orient="top", labelAngle=-50))
    y = alt.Y(f"{down}:O", title=None, axis=_axis(down_names))
    base = alt.Chart(inline_data(cells)).encode(x=x, y=y)
    shades = alt.Scale(domain=list(range(LEVELS + 1)), range=_SHADES)
    inks = alt.Scale(domain=list(range(LEVELS + 1)), range=_INKS)
    boxes = base.mark_rect(stroke="var(--paper)", strokeWidth=2).encode(
        fill=alt.Fill("level:O", scale=shades, legend=None)
    )
    numbers = (
        base.transform_filter("datum.count > 0")
        .mark_text(fontSize=12)
        .encode(text="count:Q", color=alt.Color("level:O", scale=inks, legend=None))
    )
    return alt.layer(boxes, numbers).properties(width={"step": size}, height={"step": max(size, 22)})


def _axis(names: list[str], **options: Any) -> alt.Axis:
    """Names in place of positions; written as one literal list, so no name is ever read as an expression."""
    return alt.Axis(
        labelExpr=f"{json.dumps(names)}[datum.value]", ticks=False, domain=False, labelLimit=180, **options
    )
