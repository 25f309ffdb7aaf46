"""ONNX models as parts: inputs by column name, or one float matrix in schema order."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.runtime.frames import float_matrix
from evaluator.runtime.outputs import bad_output
from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import ColumnSpec, OutputSpec, PartError, TableSpec

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else a thread starts at import, and forking is unsafe
BATCH = 65_536  # rows a run: memory stays bounded whatever the table's length
DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


def load_onnx(
    content: bytes, spec: TableSpec, output: OutputSpec, *, gpu: bool = False
) -> Callable[[pd.DataFrame], NDArray[Any]]:
    """An ONNX model as a function of X, on one thread, on CUDA where `gpu` is set and onnxruntime has it. Raises
    PartError.
    """
    session = _session(content, gpu)
    _check_outputs(session)
    feed = bind_inputs(session, spec)

    def call(X: pd.DataFrame) -> NDArray[Any]:
        starts = range(0, max(len(X), 1), BATCH)
        return np.concatenate([_answer(session, feed, X.iloc[a : a + BATCH], output) for a in starts])

    return call


def _session(content: bytes, gpu: bool) -> Any:
    import onnxruntime

    refuse_pickle("the file", content)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    if gpu and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        providers.insert(0, "CUDAExecutionProvider")
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except MemoryError:
        raise
    except Exception as error:  # onnxruntime raises a dozen types of its own
        raise PartError("load_error", f"onnxruntime could not read the model: {str(error)[:300]}") from error


def _check_outputs(session: Any) -> None:
    for item in session.get_outputs():
        if item.type.startswith(("seq(", "map(")):
            raise PartError(
                "load_error",
                f"output {item.name!r} is a list of dictionaries (ZipMap): export again with "
                "options={'zipmap': False} (skl2onnx: `zipmap=False`)",
            )


def bind_inputs(session: Any, spec: TableSpec) -> Callable[[pd.DataFrame], dict[str, NDArray[Any]]]:
    """A function from X to a session's inputs: columns by name, or one float matrix. Raises PartError(load_error)."""
    inputs = session.get_inputs()
    for item in inputs:
        if item.type not in DTYPES:
            raise PartError("load_error", f"input {item.name!r} has type {item.type}, which is not supported")
        if item.shape and isinstance(item.shape[0], int):
            raise PartError(
                "load_error",
                f"input {item.name!r} takes exactly {item.shape[0]} row(s): export with a dynamic first axis",
            )
    by_name = {column.name: column for column in spec.columns}
    if all(item.name in by_name for item in inputs) and (len(inputs) > 1 or _width(inputs[0]) == 1):
        return lambda X: {i.name: _column(X, by_name[i.name], i) for i in inputs}
    if len(inputs) != 1:
        strange = next(item.name for item in inputs if item.name not in by_name)
        raise PartError("load_error", f"input {strange!r} is not a column of the data")
    only = inputs[0]
    width = _width(only)
    if (isinstance(width, int) and width != len(spec.columns)) or only.type == "tensor(string)":
        raise PartError(
            "load_error", f"the model wants {width} columns of {only.type}, the data have {len(spec.columns)}"
        )
    if spec.has_text:
        raise PartError("load_error", "the data have text columns: name the inputs after the columns")
    return lambda X: {only.name: float_matrix(X, spec, "float64").astype(DTYPES[only.type])}


def _width(item: Any) -> Any:
    """Columns of an input: 1 for a vector; a name or None where it is left open."""
    return 1 if len(item.shape or ()) < 2 else item.shape[1]


def _column(X: pd.DataFrame, column: ColumnSpec, item: Any) -> NDArray[Any]:
    series, dtype = X[column.name], DTYPES[item.type]
    values: NDArray[Any]
    if dtype == "object":
        if column.kind == "number":
            raise PartError("load_error", f"input {item.name!r} wants text, and the column holds numbers")
        values = series.astype(object).where(series.notna(), "").to_numpy(dtype=object)
    elif column.kind == "text":
        raise PartError("load_error", f"input {item.name!r} wants numbers, and the column holds text")
    else:
        numbers = float_matrix(X, TableSpec((column,)))[:, 0]
        if dtype.startswith(("int", "bool")):
            numbers = np.nan_to_num(numbers, nan=-1.0)  # whole numbers have no NaN
        values = numbers.astype(dtype)
    return values.reshape(-1, 1) if len(item.shape or ()) == 2 else values


def _answer(session: Any, feed: Callable[..., Any], X: pd.DataFrame, output: OutputSpec) -> NDArray[Any]:
    arrays = [np.asarray(array) for array in session.run(None, feed(X))]
    n, k = len(X), 2 if output.kind == "mask" else len(output.classes)
    if output.kind == "values":
        return arrays[0]
    tables = [a for a in arrays if a.dtype.kind == "f" and a.shape == (n, k) and k > 1]
    if output.kind == "probabilities":
        return tables[0] if tables else arrays[-1]
    if tables:  # preferred to a label, whose numbering is the exporter's own
        return tables[0].argmax(axis=1)
    first = arrays[0].reshape(n) if arrays[0].shape == (n, 1) else arrays[0]
    if first.dtype.kind == "f" and k == 2:
        if first.shape != (n,) or not ((first >= 0) & (first <= 1)).all():
            raise bad_output("a model with one number a row must answer a probability, between 0 and 1")
        return first >= 0.5
    return first
