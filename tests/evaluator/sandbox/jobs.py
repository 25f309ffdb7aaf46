"""Jobs for the sandbox, with tight limits, over one small table."""

from __future__ import annotations

from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import Job, Policy, Result

SPEC = TableSpec(
    (
        ColumnSpec("age", "number"),
        ColumnSpec("income", "number"),
        ColumnSpec("sex", "category", ("female", "male")),
        ColumnSpec("note", "text"),
    )
)
# Processor time is tight; by the wall clock a busy machine may take its time, but for what only sleeps.
TIGHT = Policy(memory_mb=256, cpu_s=2, wall_s=30.0, tmp_mb=16, file_mb=16)
SLEEPS_AT_MOST_S = 2.0


def group(source: str) -> Job:
    """A Python file that answers a mask."""
    return Job("python", source.encode(), "group", OutputSpec("mask"))


def ran(result: Result) -> Result:
    """The result, after saying what went wrong where something did."""
    assert result.status == "ok", result.explanation
    return result
