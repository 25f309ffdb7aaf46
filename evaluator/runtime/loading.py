"""Loading parts of all kinds as functions with checked answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluator.runtime.linear_part import load_linear
from evaluator.runtime.onnx_part import load_onnx
from evaluator.runtime.outputs import check_output
from evaluator.runtime.python_part import load_python, load_zip
from evaluator.runtime.skops_part import load_skops
from evaluator.runtime.spec import Function, OutputSpec, PartError, TableSpec
from evaluator.runtime.zips import LARGEST_TOTAL

KINDS = ("python", "zip", "onnx", "skops", "safetensors")


def load_part(
    kind: str,
    content: bytes,
    function: Function,
    spec: TableSpec,
    output: OutputSpec,
    workdir: Path | None = None,
    *,
    gpu: bool = False,
    largest: int = LARGEST_TOTAL,
) -> Callable[..., Any]:
    """A callable X -> checked answer (see `check_output`), or (X, y, loss) -> str for find_group.

    `workdir`: an empty folder of the caller's, where a zip is unpacked and stays (at most `largest` bytes).
    Raises PartError(load_error, no_function, untrusted_types, too_large); Python parts raise what they like,
    at loading and at every call. The callable raises PartError("bad_output").
    """
    raw = _load(kind, content, function, spec, output, workdir, gpu, largest)
    if function == "find_group":
        return lambda X, y, loss: check_output(raw(X, y, loss), len(X), output)
    return lambda X: check_output(raw(X), len(X), output)


def _load(
    kind: str,
    content: bytes,
    function: Function,
    spec: TableSpec,
    output: OutputSpec,
    workdir: Path | None,
    gpu: bool,
    largest: int,
) -> Callable[..., Any]:
    if kind == "python":
        return load_python(content, function)
    if kind == "zip":
        return load_zip(content, function, workdir, largest)
    if function == "find_group":
        raise PartError("no_function", "find_group comes in a Python file")
    if kind == "onnx":
        return load_onnx(content, spec, output, gpu=gpu)
    if kind == "skops":
        return load_skops(content, spec, output)
    if kind == "safetensors":
        return load_linear(content, spec, output)
    raise PartError("load_error", f"{kind!r} is not a kind of part: {', '.join(KINDS)} are")
