"""A job in the locked-down child: load the part, call it once, write one result. Nothing here is trusted outside."""

from __future__ import annotations

import io
import json
import mmap
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evaluator.runtime import OutputSpec, PartError, TableSpec, load_part
from evaluator.sandbox.jail import protocol as wire

WORKDIR = Path("/tmp/submission")  # noqa: S108 - a private tmpfs
OUT_OF_MEMORY_WORDS = (
    "failed to allocate memory",
    "bad_alloc",
    "bad allocation",
    "not enough memory",
    "cannot allocate memory",
    "can't allocate",
)
# Made before any memory can be short.
_FAILED = {
    name: wire.HEADER.pack(wire.MAGIC, number, 0, 0) for number, name in enumerate(wire.CLASSES) if number
}


def run_job(job: Mapping[str, Any]) -> None:
    """Write the job's result on its descriptor: values, or the class of what went wrong and never a word about it."""
    try:
        _succeed(_answer(job), job["output"]["kind"])
    except PartError as error:
        _fail(error.error_class, error, job["explain"])
    except MemoryError as error:
        error.__traceback__ = None  # its frames hold what filled the memory
        _fail("memory", error, job["explain"])
    except BaseException as error:
        _fail("memory" if _is_out_of_memory(error) else "crashed", error, job["explain"])


def _answer(job: Mapping[str, Any]) -> NDArray[Any] | str:
    WORKDIR.mkdir(mode=0o700)
    os.chdir(WORKDIR)
    frame, spec = read_table(wire.FEATURES)
    rows, labels, loss = _read_inputs(job)
    if rows is not None:
        frame = frame.take(rows).reset_index(drop=True)
    output = OutputSpec.from_json(job["output"])
    part = load_part(
        job["kind"],
        _read_all(wire.PART),
        job["function"],
        spec,
        output,
        WORKDIR,
        gpu=job["gpu"],
        largest=job["tmp_mb"] << 20,
    )
    if job["function"] == "find_group":
        return part(frame, labels, loss)
    return part(frame)


def read_table(descriptor: int) -> tuple[pd.DataFrame, TableSpec]:
    """X and its spec from an Arrow file. Numbers are a private copy-on-write mapping: nothing is copied."""
    mapping = mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY)
    buffer = pa.py_buffer(mapping)
    options = pa.ipc.IpcReadOptions(use_threads=False)
    table = pa.ipc.open_file(buffer, options=options).read_all()
    spec = TableSpec.from_json(json.loads(table.schema.metadata[wire.SPEC_KEY]))
    columns = {}
    for column in spec.columns:
        array = table.column(column.name)
        if column.kind == "number":
            columns[column.name] = _numbers(mapping, buffer.address, array)
        elif column.kind == "category":
            codes = array.chunk(0).indices.fill_null(-1).to_numpy(zero_copy_only=False)
            columns[column.name] = pd.Categorical.from_codes(np.array(codes), categories=list(column.values))
        else:
            columns[column.name] = array.to_pandas()
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False), spec


def _numbers(mapping: mmap.mmap, base: int, array: pa.ChunkedArray) -> NDArray[np.float64]:
    if len(array) == 0:
        return np.empty(0)
    chunk = array.chunk(0)
    offset = chunk.buffers()[1].address - base
    return np.frombuffer(mapping, dtype="<f8", count=len(chunk), offset=offset)


def _read_inputs(job: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Row numbers, the label's own values, losses: those that the job names, in this order in one file."""
    if not job["inputs"]:
        return None, None, None
    file = io.BytesIO(_read_all(wire.INPUTS))
    found = {name: np.load(file, allow_pickle=False) for name in job["inputs"]}
    labels = found.get("labels")
    classes = job["output"]["classes"]
    if labels is not None and classes and labels.dtype.kind in "iu":
        labels = np.asarray(classes)[labels]
    return found.get("rows"), labels, found.get("loss")


def _read_all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _succeed(answer: NDArray[Any] | str, kind: str) -> None:
    if isinstance(answer, str):
        array = np.frombuffer(answer.encode(), dtype="u1")
        if array.size > wire.LONGEST_EXPRESSION:
            raise PartError("bad_output", "the expression is too long")
    else:
        array = np.ascontiguousarray(answer, dtype=wire.DTYPES[kind])
    columns = array.shape[1] if array.ndim == 2 else 1
    view, written = array.reshape(-1).view("u1").data, 0
    while written < len(view):
        written += os.pwrite(wire.RESULT, view[written:], wire.HEADER.size + written)
    os.pwrite(wire.RESULT, wire.HEADER.pack(wire.MAGIC, 0, array.shape[0], columns), 0)


def _fail(error_class: str, error: BaseException, explain: bool) -> None:
    os.pwrite(wire.RESULT, _FAILED.get(error_class, _FAILED["crashed"]), 0)
    if not explain:
        return  # there is no descriptor for words: the rows are secret
    text = _explanation(error).encode(errors="replace")
    room = wire.EXPLANATION_BYTES - wire.EXPLANATION_LENGTH.size
    text = text[-room:]  # the end of a traceback says what happened
    os.pwrite(wire.EXPLANATION, wire.EXPLANATION_LENGTH.pack(len(text)) + text, 0)


def _explanation(error: BaseException) -> str:
    if isinstance(error, PartError):
        return error.message
    if isinstance(error, MemoryError) and error.__traceback__ is None:
        return "MemoryError: the job used more memory than it may"
    own = str(Path(__file__).parents[2])
    summary = traceback.TracebackException.from_exception(error, limit=-30)
    frames = [frame for frame in summary.stack if not frame.filename.startswith(own)]
    summary.stack = traceback.StackSummary.from_list(frames)
    sys.setrecursionlimit(10_000)  # a RecursionError leaves no room to describe itself
    return "".join(summary.format())


def _is_out_of_memory(error: BaseException) -> bool:
    """torch and onnxruntime report a failed allocation as an error of their own."""
    try:
        text = str(error)[:2_000].lower()
    except BaseException:  # __str__ is the submission's own code
        return False
    return any(words in text for words in OUT_OF_MEMORY_WORDS)
