"""The plan of a holdout: what it can certify (evaluator.adjudication.planner), for pages and the terminal."""

from __future__ import annotations

from bounty.models import Competition
from evaluator.adjudication.feedback import format_points

HEAD = ("query", "accepted before", "smallest gain over everybody", "in a tenth of all rows")


def plan_table(competition: Competition) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Returns the head and the rows of the first block's table: the smallest gain that passes as its ledger fills."""
    return HEAD, [
        (str(line.query), str(line.accepted), _gain(line.gain, 1.0), _gain(line.gain, 0.1))
        for line in competition.plan.lines
        if line.block == 1
    ]


def plan_sentences(competition: Competition) -> list[str]:
    """Returns the plan in sentences, among them how rows were drawn and what a block cannot certify."""
    return [*competition.plan.sentences, *competition.plan.drawn]


def plan_flags(competition: Competition) -> list[str]:
    """Returns the plan's flags, one sentence each: what the organiser should look at before opening.

    That nothing can be accepted comes first.
    """
    planned = competition.plan
    return [*filter(None, [planned.nothing]), *planned.flags]


def plan_lines(competition: Competition) -> list[str]:
    """Returns the splits, the table and the flags as lines of text."""
    lines = [f"{competition.title} ({competition.get_status_display()})", ""]
    lines += [
        f"  {name:<18}{stop - start:>10,} rows" for name, (start, stop) in competition.layout.ranges.items()
    ]
    head, rows = plan_table(competition)
    widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
    lines += ["", "What the first certification block can show:"]
    lines += [
        "  " + "   ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True))
        for line in (head, *rows)
    ]
    lines += ["", *plan_sentences(competition)]
    if competition.acceptance == Competition.Acceptance.ALPHA:
        lines += [f"Acceptance by the plain rule, a gain of at least {competition.alpha:g}: not certified."]
    return [*lines, *(f"Look at this: {flag}" for flag in plan_flags(competition)), ""]


def _gain(gain: float | None, share: float) -> str:
    if gain is None or gain > share:
        return "not possible"
    return format_points(gain / share)
