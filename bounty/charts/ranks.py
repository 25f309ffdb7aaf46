"""Chart of ranks over time: a line a team, from version to version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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

# Lines that can be told apart, and places from the top that are drawn at all.
MOST_TEAMS, MOST_PLACES = 10, 12
NARROW_TEAMS = 6
# More versions than that are thinned out: a line of 600 pixels shows no more.
MOST_STEPS = 120
_COLOURS = [f"var(--series-{n})" for n in range(1, 6)]
_DASHES = ([1, 0], [6, 3])


@dataclass(frozen=True)
class RankLine:
    """A line of the chart: a team's place after each version; None while it has no points. `mine`: the reader's
    own.
    """

    name: str
    places: tuple[int | None, ...]
    mine: bool = False


def draw_ranks(lines: tuple[RankLine, ...], versions: tuple[int, ...]) -> Chart:
    """The chart of the given teams, best first; the reader's own team is drawn thicker."""
    label = ngettext(
        "Places of %(teams)d team from version %(first)d to %(last)d",
        "Places of %(teams)d teams from version %(first)d to %(last)d",
        len(lines),
    ) % {"teams": len(lines), "first": versions[0], "last": versions[-1]}
    wide, narrow = select_lines(lines, MOST_TEAMS), select_lines(lines, NARROW_TEAMS)
    return Chart(_draw(wide, versions, WIDE), _draw(narrow, versions, NARROW), label)


def select_lines(lines: tuple[RankLine, ...], most: int) -> tuple[RankLine, ...]:
    """The best lines, and the reader's own wherever it stands."""
    return lines[:most] + tuple(line for line in lines[most:] if line.mine)


@cached_drawing
def _draw(
    lines: tuple[RankLine, ...], versions: tuple[int, ...], width: int
) -> alt.LayerChart | alt.FacetChart:
    wide = width > 400
    lowest = MOST_PLACES if wide else NARROW_TEAMS + 2
    lines = tuple(line for line in lines if any(p is not None and p <= lowest for p in line.places))
    lowest = min(lowest, max((p for line in lines for p in line.places if p is not None), default=1))
    step = max(1, -(-len(versions) // MOST_STEPS))
    shown = [i for i in range(len(versions)) if i % step == 0 or i == len(versions) - 1]
    points: list[dict[str, Any]] = [
        # Below the last place that is drawn a line has a gap, as before its first point.
        {"team": n, "version": versions[i], "place": place if place is not None and place <= lowest else None}
        for n, line in enumerate(lines)
        for i in shown
        for place in [line.places[i]]
    ]
    last = max(versions[-1], 1)
    teams = list(range(len(lines)))
    colours = alt.Scale(domain=teams, range=[_COLOURS[n % len(_COLOURS)] for n in teams])
    dashes = alt.Scale(domain=teams, range=[_DASHES[n // len(_COLOURS) % 2] for n in teams])
    widths = alt.Scale(domain=teams, range=[4.5 if line.mine else 2.2 for line in lines])
    room = 150 if wide else 108
    x = alt.X(
        "version:Q",
        title=_("version"),
        scale=alt.Scale(domain=[versions[0], last], nice=False),
        axis=alt.Axis(values=whole_ticks(last, 10 if wide else 5), format="d", grid=False),
    )
    y = alt.Y(
        "place:Q",
        title=_("place"),
        scale=alt.Scale(domain=[lowest + 0.5, 0.5], nice=False),
        axis=alt.Axis(values=list(range(1, lowest + 1)), format="d", domain=False, ticks=False),
    )
    base = alt.Chart(inline_data(points)).encode(x=x, y=y, detail="team:N")
    drawn_lines = base.mark_line(interpolate="monotone", invalid="break-paths-show-path-domains").encode(
        stroke=alt.Stroke("team:O", scale=colours, legend=None),
        strokeDash=alt.StrokeDash("team:O", scale=dashes, legend=None),
        strokeWidth=alt.StrokeWidth("team:O", scale=widths, legend=None),
    )
    layers = [drawn_lines, *_names(lines, points, colours, 20 if wide else 13)]
    return alt.layer(*layers).properties(width=width - room - 50, height=max(lowest * 24, 60))


def _names(
    lines: tuple[RankLine, ...], points: list[dict[str, Any]], colours: alt.Scale, most: int
) -> list[alt.Chart]:
    """Each team's name at the right end of its line; two that share a place share a line of text."""
    ends: dict[tuple[int, int], list[int]] = {}
    for n in range(len(lines)):
        own = [point for point in points if point["team"] == n and point["place"] is not None]
        if own:
            end = max(own, key=lambda point: point["version"])
            ends.setdefault((end["version"], end["place"]), []).append(n)
    rows = [
        {
            "version": version,
            "place": place,
            "team": teams[0],
            "name": shorten_text(", ".join(lines[n].name for n in teams), most),
        }
        for (version, place), teams in ends.items()
    ]
    text = alt.Chart(inline_data(rows)).encode(x="version:Q", y="place:Q", text="name:N")
    under, over = outlined_labels(text, 13, align="left", dx=8)
    return [under, over.encode(color=alt.Color("team:O", scale=colours, legend=None))]
