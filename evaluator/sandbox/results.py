"""Jobs, results, and the validation of what a dead child left behind. Every byte of it may be forged."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ErrorClass
from evaluator.runtime import OutputSpec
from evaluator.runtime.outputs import LONGEST_EXPRESSION
from evaluator.runtime.spec import Function
from evaluator.sandbox.jail import protocol as wire

CPU_SPENT = 0.8  # of the allowance: a kill after it was for time, before it for memory
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Job:
    """A call of a part. `labels` and `loss` (float64[n]) are find_group's, on public rows only.

    `labels` are class codes (the part sees `output.classes`' own values) or numbers.
    """

    kind: str
    content: bytes
    function: Function
    output: OutputSpec
    labels: NDArray[Any] | None = None
    loss: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Result:
    """The result of a job. Only `status` may be told to anybody where the rows are secret.

    `values`: bool[n], int16[n], float64[n, K], float64[n] or text, as the job's output kind says. `spent_s` are the
    seconds of CPU and sleep: by the wall clock, without what it waited for a processor.
    """

    status: ErrorClass | Literal["ok"]
    values: Any = None
    explanation: str = ""
    cpu_s: float = field(default=0.0, compare=False)
    wall_s: float = field(default=0.0, compare=False)
    spent_s: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the job answered."""
        return self.status == "ok"


def judge_result(
    report: Mapping[str, Any], descriptor: int, output: OutputSpec, rows: int, cpu_limit_s: float
) -> tuple[ErrorClass | Literal["ok"], Any]:
    """The status and the values of a dead child's job. `report` is the zygote's."""
    if report["late"]:
        return ErrorClass.TIME, None
    if os.WIFSIGNALED(report["status"]):
        return _killed_by(os.WTERMSIG(report["status"]), report["cpu_s"], cpu_limit_s), None
    magic, number, length, columns = wire.HEADER.unpack(os.pread(descriptor, wire.HEADER.size, 0))
    if magic != wire.MAGIC or number >= len(wire.CLASSES):
        return ErrorClass.NO_RESULT, None
    if number:
        return ErrorClass(wire.CLASSES[number]), None
    values = _read(descriptor, output, rows, length, columns)
    return (ErrorClass.BAD_OUTPUT, None) if values is None else ("ok", values)


def _killed_by(number: int, cpu_s: float, cpu_limit_s: float) -> ErrorClass:
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_s >= CPU_SPENT * cpu_limit_s):
        return ErrorClass.TIME
    return ErrorClass.MEMORY if number == signal.SIGKILL else ErrorClass.CRASHED


def _read(descriptor: int, output: OutputSpec, rows: int, length: int, columns: int) -> Any:
    """The checked values, or None where the child wrote something else."""
    if output.kind == "expression":
        return _read_expression(descriptor, length)
    k = wire.columns_of(output.kind, len(output.classes))
    if length != rows or columns != k:
        return None
    dtype = np.dtype(wire.DTYPES[output.kind])
    raw = _read_exactly(descriptor, rows * k * dtype.itemsize)
    array = np.frombuffer(raw, dtype=dtype)
    if output.kind == "mask":
        return array.astype(bool) if array.max(initial=0) <= 1 else None
    if output.kind == "codes":
        inside = array.min(initial=0) >= 0 and array.max(initial=0) < len(output.classes)
        return array.astype(np.int16) if inside else None
    if not np.isfinite(array).all():
        return None
    if output.kind == "values":
        return array.astype(np.float64)
    table = array.reshape(rows, k).astype(np.float64)
    sums = np.abs(table.sum(axis=1) - 1.0) <= SUM_TOLERANCE
    return table if (table >= 0).all() and sums.all() else None


def _read_expression(descriptor: int, length: int) -> str | None:
    if not 0 < length <= wire.LONGEST_EXPRESSION:
        return None
    try:
        text = os.pread(descriptor, length, wire.HEADER.size).decode()
    except UnicodeDecodeError:
        return None
    return text if len(text) <= LONGEST_EXPRESSION and text.isprintable() else None


def _read_exactly(descriptor: int, size: int) -> bytes:
    pieces, read = [], 0
    while read < size:  # one read gives 2 GB at most
        piece = os.pread(descriptor, size - read, wire.HEADER.size + read)
        if not piece:
            break
        pieces.append(piece)
        read += len(piece)
    return b"".join(pieces)


def read_explanation(descriptor: int) -> str:
    """The explanation from a job on public rows, a traceback or a sentence: bounded, printable, and still a
    stranger's words.
    """
    raw = os.pread(descriptor, wire.EXPLANATION_BYTES, 0)
    (length,) = wire.EXPLANATION_LENGTH.unpack_from(raw)
    start = wire.EXPLANATION_LENGTH.size
    text = raw[start : start + min(length, len(raw) - start)].decode(errors="replace")
    return "".join(c for c in text if c == "\n" or c == "\t" or c.isprintable()).strip()
