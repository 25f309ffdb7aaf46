"""Parts of a decision list, the stored content of groups and patches, and loading them as functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import parse_expression
from evaluator.losses import Loss
from evaluator.runtime import OutputSpec, TableSpec, load_part
from evaluator.schema import Schema

Kind = Literal["expression", "python", "zip", "onnx", "skops", "safetensors", "constant"]
Answer = Callable[[pd.DataFrame], NDArray[Any]]

# These kinds execute what their author wrote; the others are data that known libraries read.
EXECUTABLE = frozenset({"python", "zip"})
SUFFIXES: dict[Kind, str] = {
    "expression": ".txt",
    "python": ".py",
    "zip": ".zip",
    "onnx": ".onnx",
    "skops": ".skops",
    "safetensors": ".safetensors",
    "constant": ".json",
}


@dataclass(frozen=True)
class Part:
    """A group or a patch. `content` is the file's bytes; an expression is its text in UTF-8, a constant the JSON of
    one answer.
    """

    kind: Kind
    content: bytes
    function: Literal["group", "predict"]

    def __post_init__(self) -> None:
        if self.kind not in SUFFIXES:
            raise ValueError(f"There is no kind of part `{self.kind}`; there are {', '.join(SUFFIXES)}.")

    @classmethod
    def expression(cls, text: str) -> Part:
        """A group given by an expression."""
        return cls("expression", text.encode(), "group")

    @classmethod
    def constant(cls, answer: float | list[float]) -> Part:
        """A patch with the same answer for every row: a class code, a number, or one probability a class."""
        return cls("constant", json.dumps(answer).encode(), "predict")

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hex."""
        return sha256(self.content).hexdigest()

    @property
    def suffix(self) -> str:
        """The ending of the part's file name."""
        return SUFFIXES[self.kind]

    @property
    def is_executable(self) -> bool:
        """Whether the part is a program that its author wrote."""
        return self.kind in EXECUTABLE


@dataclass(frozen=True)
class GroupAndPatch:
    """The two parts of a node's key. A declared group is only ever repaired, and has no patch."""

    group: Part
    patch: Part | None = None


def output_spec(schema: Schema, loss: Loss) -> OutputSpec:
    """The predictions that a base model or a patch must give under this loss."""
    return OutputSpec(loss.prediction_kind, schema.label.classes)


def load_answer(part: Part, schema: Schema, loss: Loss, workdir: Path | None = None) -> Answer:
    """The part as a function of X (Schema.conform): bool[n] for a group, predictions for a patch.

    Python and zip parts are executed in this process: for parts that somebody decided to trust.
    `workdir`: an empty folder where a zip is unpacked.

    Raises ParticipantError for a bad expression or constant, runtime.PartError for the other kinds.
    """
    if part.kind == "expression":
        return parse_expression(part.content.decode(), schema).mask
    if part.kind == "constant":
        return _constant(part, output_spec(schema, loss))
    output = OutputSpec("mask") if part.function == "group" else output_spec(schema, loss)
    return load_part(part.kind, part.content, part.function, TableSpec.from_schema(schema), output, workdir)


def _constant(part: Part, output: OutputSpec) -> Answer:
    try:
        answer = np.asarray(json.loads(part.content), dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ParticipantError(ErrorClass.LOAD_ERROR, f"A constant is no JSON number: {error}") from error
    expected = (len(output.classes),) if output.kind == "probabilities" else ()
    if answer.shape != expected or not np.isfinite(answer).all():
        raise ParticipantError(ErrorClass.BAD_OUTPUT, f"A constant of shape {answer.shape}, not {expected}.")
    if output.kind == "codes" and answer not in range(len(output.classes)):
        raise ParticipantError(ErrorClass.BAD_OUTPUT, f"A constant {answer} is no class code.")
    typed = answer.astype(np.int16) if output.kind == "codes" else answer
    return lambda X: np.broadcast_to(typed, (len(X), *expected)).copy()
