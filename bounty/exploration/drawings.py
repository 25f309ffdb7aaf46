"""Pictures of the explore page as inline SVG, written out directly: an answer must come while somebody types.

As everywhere: two widths, colours from the style sheet's variables, and a table of the same numbers beside each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bounty.charts.drawing import NARROW, WIDE, Chart
from bounty.exploration.distributions import Confusion, Histogram
from bounty.exploration.preview import Interval

LINE = 30


@dataclass(frozen=True)
class IntervalLine:
    """One line of an interval picture: its name, its mean and 95% interval, whether it is about the group."""

    name: str
    interval: Interval
    text: str
    here: bool


def draw_intervals(lines: Sequence[IntervalLine], label: str) -> Chart:
    """Chart of interval dots on one axis from zero; a full dot inside the group, a hollow one elsewhere."""
    return Chart(_dots(lines, WIDE), _dots(lines, NARROW), label)


def _dots(lines: Sequence[IntervalLine], width: int) -> SafeString:
    top = max(line.interval.high for line in lines) or 1.0
    wide = width > 400
    left, right = (190, 70) if wide else (6, 62)
    step, first = (LINE, 18) if wide else (LINE + 16, 32)
    span = width - left - right
    height = first + step * (len(lines) - 1) + 14
    drawn = []
    for i, line in enumerate(lines):
        y = first + step * i
        low, mean, high = (left + span * value / top for value in _ordered(line.interval))
        drawn.append(
            format_html(
                '<text x="{}" y="{}" font-size="13" fill="var(--ink)">{}</text>'
                '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="var(--line)"/>'
                '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="4"/>'
                '<circle cx="{}" cy="{}" r="5" fill="{}" stroke="var(--accent)" stroke-width="2"/>'
                '<text x="{}" y="{}" font-size="13" font-weight="600" fill="var(--ink)">{}</text>',
                *(0, y + 4) if wide else (left, y - 12),
                line.name,
                left,
                left + span,
                y,
                y,
                f"{low:.1f}",
                f"{high:.1f}",
                y,
                y,
                "var(--accent)" if line.here else "var(--bar)",
                f"{mean:.1f}",
                y,
                "var(--accent)" if line.here else "var(--paper)",
                left + span + 8,
                y + 4,
                line.text,
            )
        )
    return _svg(width, height, drawn)


def _ordered(interval: Interval) -> tuple[float, float, float]:
    return interval.low, interval.mean, interval.high


def draw_distribution(shown: Histogram | Confusion) -> Chart:
    """Chart of a histogram or of errors by class: bars of the group, and beside each a bar of everyone else."""
    if isinstance(shown, Histogram):
        label = _("%(title)s: %(axis)s, in the group and elsewhere") % {
            "title": shown.title,
            "axis": shown.axis,
        }
        return Chart(_histogram(shown, WIDE, 190), _histogram(shown, NARROW, 160), label)
    return Chart(_bars(shown, WIDE), _bars(shown, NARROW), shown.title)


def _histogram(shown: Histogram, width: int, height: int) -> SafeString:
    top = max(*shown.inside, *shown.outside) or 1.0
    base, count = height - 40, len(shown.inside)
    step = width / count
    drawn = []
    for i, (here, there) in enumerate(zip(shown.inside, shown.outside, strict=True)):
        for share, offset, fill in ((here, 0.12, "var(--accent)"), (there, 0.5, "var(--bar)")):
            tall = (base - 12) * share / top
            drawn.append(_rect(step * (i + offset), base - tall, step * 0.36, tall, fill))
    drawn.append(
        format_html('<line x1="0" x2="{}" y1="{}" y2="{}" stroke="var(--strong-line)"/>', width, base, base)
    )
    places = ((0, "start"), (count // 2, "middle"), (count, "end"))
    drawn += [
        format_html(
            '<text x="{}" y="{}" font-size="13" fill="var(--quiet)" text-anchor="{}">{}</text>',
            f"{step * place:.1f}",
            base + 17,
            anchor,
            f"{shown.edges[place]:.{shown.digits}f}",
        )
        for place, anchor in places
    ]
    return _svg(width, height, drawn)


def _bars(shown: Confusion, width: int) -> SafeString:
    classes = [c for c in shown.classes if c.inside or c.outside]
    highs = [i.high for c in classes for i in (c.inside, c.outside) if i]
    top = max(highs, default=1.0) or 1.0
    wide = width > 400
    left = 190 if wide else 0
    span = width - left - 64
    step, first = (46, 8) if wide else (62, 24)
    drawn = []
    for i, one in enumerate(classes):
        y = first + step * i
        drawn.append(
            format_html(
                '<text x="0" y="{}" font-size="13" fill="var(--ink)">{}</text>',
                y + 18 if wide else y - 7,
                one.name[:28],
            )
        )
        pairs = ((one.inside, 0, "var(--accent)"), (one.outside, 17, "var(--bar)"))
        for interval, offset, fill in pairs:
            if interval is None:
                continue
            drawn += _bar(interval, left, y + offset, span / top, fill)
    return _svg(width, first + step * max(1, len(classes)), drawn)


def _bar(interval: Interval, left: int, y: int, scale: float, fill: str) -> list[SafeString]:
    low, mean, high = (left + value * scale for value in _ordered(interval))
    return [
        _rect(left, y, mean - left, 14, fill),
        format_html(
            '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="var(--ink)" stroke-width="1.5"/>',
            f"{low:.1f}",
            f"{high:.1f}",
            y + 7,
            y + 7,
        ),
        format_html(
            '<text x="{}" y="{}" font-size="13" fill="var(--ink)">{}</text>',
            f"{high + 6:.1f}",
            y + 12,
            f"{interval.mean:.1%}",
        ),
    ]


def _rect(x: float, y: float, width: float, height: float, fill: str) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>',
        f"{x:.1f}",
        f"{y:.1f}",
        f"{max(width, 0):.1f}",
        f"{max(height, 0):.1f}",
        fill,
    )


def _svg(width: int, height: float, drawn: Sequence[SafeString]) -> SafeString:
    inner = format_html_join("", "{}", ((part,) for part in drawn)) if drawn else mark_safe("")
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true" focusable="false">{}</svg>',
        width,
        f"{height:.0f}",
        width,
        f"{height:.0f}",
        inner,
    )
