"""Reports of benchmarks: one line a figure, for people or (with --json) for programs."""

from __future__ import annotations

import json
import sys


def report(figure: str, value: float, unit: str, goal: str | None, holds: bool, *, as_json: bool) -> None:
    """Print one figure on standard output, at once."""
    if as_json:
        line = {"figure": figure, "value": value, "unit": unit, "goal": goal, "holds": bool(holds)}
        print(json.dumps(line), flush=True)
    else:
        verdict = "" if goal is None else f" (goal {goal}: {'holds' if holds else 'MISSED'})"
        print(f"{figure}: {value:g} {unit}{verdict}", flush=True)


def progress(text: str) -> None:
    """Say on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)
