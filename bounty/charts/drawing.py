"""Drawing of charts: two widths, colours from the style sheet, and a cache of drawn SVG.

Colours are CSS variables in presentation attributes, so that light, dark and print need no second drawing.
Each picture is drawn twice, wide and narrow, because text in a scaled SVG would become unreadable on a phone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, ParamSpec

import altair as alt
import vl_convert
from django.core.cache import cache
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

WIDE, NARROW = 620, 300
# Raised whenever a drawing changes its looks: what older code has drawn is not shown any more.
EDITION = 2
CACHE_SECONDS = 7 * 24 * 3600

_TAG = re.compile(r"<[^<>]+>")
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_DECIMALS = re.compile(r"(\.\d\d)\d+")

P = ParamSpec("P")


@dataclass(frozen=True)
class Chart:
    """A chart drawn in two widths, and its label: what it shows in a sentence."""

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


def cached_drawing(draw: Callable[P, alt.TopLevelMixin]) -> Callable[P, SafeString]:
    """Decorator: the SVG of the chart that a function makes, drawn once for the same arguments and language.

    Arguments must be hashable and say themselves in full by repr (numbers, texts, tuples, frozen dataclasses): what
    a drawing shows is what it is kept under, so it can never be out of date. Kept in the process and in the cache.
    """

    @lru_cache(maxsize=128)
    def keep(key: str, args: tuple[Any, ...]) -> SafeString:
        address = f"picture:{hashlib.sha256(key.encode()).hexdigest()}"
        svg = cache.get(address)
        if not isinstance(svg, str):
            svg = _svg(draw(*args).to_dict())  # type: ignore[call-arg]
            cache.set(address, svg, CACHE_SECONDS)
        return mark_safe(svg)  # noqa: S308 - drawn by us from numbers and texts, which the renderer escapes

    @wraps(draw)
    def picture(*args: P.args, **kwargs: P.kwargs) -> SafeString:
        if kwargs:
            raise TypeError("a drawing's arguments are given by position")
        name = f"{draw.__module__}.{draw.__qualname__}"
        return keep(f"{EDITION}|{name}|{get_language()}|{args!r}", args)

    return picture


_AXIS = {
    "labelColor": "var(--quiet)", "titleColor": "var(--quiet)", "domainColor": "var(--strong-line)",
    "tickColor": "var(--strong-line)", "gridColor": "var(--line)", "labelFontSize": 13, "titleFontSize": 13,
    "titleFontWeight": 400, "domainWidth": 1, "titlePadding": 8,
}  # fmt: skip


def _svg(spec: dict[str, Any]) -> str:
    spec["config"] = {
        "background": None,
        "font": "inherit",
        "axis": _AXIS,
        "view": {"stroke": None},
        "padding": 4,
        # The picture as a whole has its sentence; its marks need no names of their own.
        "aria": False,
    }
    svg = str(vl_convert.vegalite_to_svg(spec))
    # A hundredth of a pixel is more than anybody sees, and half of the text. Only inside tags: labels stay as they are.
    # The renderer gives marks roles without names, whatever the configuration says.
    return _TAG.sub(lambda tag: _DECIMALS.sub(r"\1", _ROLES.sub("", tag[0])), svg)


def inline_data(rows: Sequence[dict[str, Any]]) -> alt.Data:
    """Rows as chart data that is written into the chart itself."""
    return alt.Data(values=list(rows))


def whole_ticks(last: int, most: int) -> list[int]:
    """Tick values: at most so many whole numbers from 0 on, evenly apart."""
    step = max(1, -(-last // most))
    return list(range(0, max(last, 1) + 1, step))


def shorten_text(text: str, most: int) -> str:
    """A text cut to a length with an ellipsis: a chart has no room for a long name, the table beside it has."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def outlined_labels(base: alt.Chart, size: int = 13, **options: Any) -> list[alt.Chart]:
    """Two layers of text: the outline in the paper's colour and the label over it, so that it can be read across
    lines.
    """
    return [
        base.mark_text(fontSize=size, stroke="var(--paper)", strokeWidth=4, strokeJoin="round", **options),
        base.mark_text(fontSize=size, **options),
    ]


def draw_sparkline(values: Sequence[float], label: str) -> SafeString:
    """The SVG of a sparkline: running values, the last one marked; empty for fewer than two."""
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
        " ".join(f"{x:.1f},{y:.1f}" for x, y in _turns(places)),
        f"{places[-1][0]:.1f}",
        f"{places[-1][1]:.1f}",
    )


def _turns(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the points in the middle of a level stretch: after 300 versions most teams have few steps."""
    kept = [
        place
        for before, place, after in zip(places, places[1:], places[2:], strict=False)
        if not before[1] == place[1] == after[1]
    ]
    return [places[0], *kept, places[-1]]
