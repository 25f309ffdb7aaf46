"""Charts for organisers: what a holdout can certify, how its ledger fills, submissions by day and by state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt
from django.utils.translation import gettext as _

from bounty.charts.drawing import NARROW, WIDE, Chart, cached_drawing, inline_data
from bounty.core import localization
from bounty.organisers.planning import HoldoutPlan


@dataclass(frozen=True)
class QueryPoint:
    """A block's ledger before a query: how many were asked, and the smallest gain in points that would pass."""

    queries: int
    gain: float | None
    passed: bool | None = None  # how this query was answered; None for the one that comes next


def draw_certifiable_gain(planned: HoldoutPlan) -> Chart | None:
    """The chart of the first block's smallest passing gain as its ledger fills, beside the target gain; None
    where nothing at all could pass.
    """
    states = tuple(
        QueryPoint(line.query - 1, None if line.gain is None else 100 * line.gain)
        for line in planned.plan.lines
        if line.block == 1
    )
    return draw_gain_over_queries(states, 100 * planned.target_gain)


def draw_gain_over_queries(states: Sequence[QueryPoint], target: float) -> Chart | None:
    """The chart of the smallest passing gain over the queries asked; None where nothing at all could pass."""
    known = tuple(state for state in states if state.gain is not None)
    if not known:
        return None
    first, last = known[0], known[-1]
    label = _(
        "The smallest gain that passes rises from %(first).2g points at the first question to %(last).2g after "
        "%(queries)d; the target is %(target).2g points"
    ) % {"first": first.gain, "last": last.gain, "queries": last.queries, "target": target}
    return Chart(_over_queries(known, target, WIDE), _over_queries(known, target, NARROW), label)


@cached_drawing
def _over_queries(states: tuple[QueryPoint, ...], target: float, width: int) -> alt.TopLevelMixin:
    rows = [{"queries": state.queries, "gain": state.gain, "passed": state.passed} for state in states]
    top = max(target, *(state.gain or 0.0 for state in states))
    last = max(1, states[-1].queries)
    x = alt.X(
        "queries:Q",
        title=_("questions asked"),
        scale=alt.Scale(domain=[0, last], nice=False, type="sqrt" if last > 40 else "linear"),
        axis=alt.Axis(grid=False, format="d", tickCount=6, tickMinStep=1),
    )
    y = alt.Y(
        "gain:Q",
        title=_("smallest gain (points)"),
        scale=alt.Scale(domain=[0, top], nice=True),
        axis=alt.Axis(tickCount=5),
    )
    base = alt.Chart(inline_data(rows)).encode(x=x, y=y)
    aim = alt.Chart(inline_data([{"queries": 0, "end": last, "gain": target, "word": _("your target")}]))
    layers = [
        aim.mark_rule(stroke="var(--better)", strokeDash=[5, 4], strokeWidth=2).encode(x=x, x2="end:Q", y=y),
        aim.mark_text(align="right", dx=-4, dy=-8, fill="var(--better)", fontSize=13).encode(
            x=alt.X("end:Q"), y=y, text="word:N"
        ),
        base.mark_line(stroke="var(--accent)", strokeWidth=2.5, interpolate="monotone"),
    ]
    if len(rows) <= 60:
        layers.append(base.mark_circle(fill="var(--accent)", size=55, opacity=1))
    return alt.layer(*layers).properties(width=width - 90, height=230)


def draw_submissions_per_day(days: Sequence[tuple[date, int]]) -> Chart:
    """The bar chart of submissions a day."""
    rows = tuple((localization.format_short_date(day), count) for day, count in days)
    label = _("%(sum)d submissions on %(days)d days, %(most)d on the busiest") % {
        "sum": sum(count for _day, count in days),
        "days": len(days),
        "most": max((count for _day, count in days), default=0),
    }
    return Chart(_bars(rows, WIDE), _bars(rows[-14:], NARROW), label)


@cached_drawing
def _bars(rows: tuple[tuple[str, int], ...], width: int) -> alt.Chart:
    order = [name for name, _count in rows]
    kept = order[:: max(1, -(-len(order) // (10 if width > 400 else 5)))]
    data = inline_data([{"day": name, "count": count} for name, count in rows])
    return (
        alt.Chart(data)
        .mark_bar(fill="var(--accent)")
        .encode(
            x=alt.X("day:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, values=kept)),
            y=alt.Y("count:Q", title=_("submissions"), axis=alt.Axis(format="d", tickCount=4, tickMinStep=1)),
        )
        .properties(width=width - 70, height=170)
    )


def draw_submissions_by_state(counts: Sequence[tuple[str, int]]) -> Chart:
    """The bar chart of how many submissions are in each state, with the numbers beside the bars."""
    label = ", ".join(f"{name}: {count}" for name, count in counts)
    return Chart(_states(tuple(counts), WIDE), _states(tuple(counts), NARROW), label)


@cached_drawing
def _states(rows: tuple[tuple[str, int], ...], width: int) -> alt.TopLevelMixin:
    order = [name for name, _count in rows]
    base = alt.Chart(inline_data([{"state": name, "count": count} for name, count in rows])).encode(
        x=alt.X("count:Q", axis=None),
        y=alt.Y("state:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=180)),
    )
    layers = [
        base.mark_bar(fill="var(--bar)"),
        base.mark_text(align="left", dx=5, fill="var(--ink)", fontSize=13).encode(text="count:Q"),
    ]
    return alt.layer(*layers).properties(
        width=width - 220 if width > 400 else width - 170, height=26 * len(rows)
    )
