"""Verdicts of `check` on single files: the same sandbox, limits and error classes as on the site, all rows public."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import parse_expression
from evaluator.losses import Loss
from evaluator.runtime import PartError, refuse_pickle
from evaluator.sandbox import SealedTable
from evaluator.worker.runner import PartFailed, PartFile, Runner

KINDS = {".py": "python", ".zip": "zip", ".onnx": "onnx", ".skops": "skops", ".safetensors": "safetensors"}
# With these nothing of the file was loaded, so the class stands for both of its parts.
NOT_LOADED = (ErrorClass.LOAD_ERROR, ErrorClass.UNTRUSTED_TYPES, ErrorClass.TOO_LARGE)
T = TypeVar("T")
_DEFINES_PREDICT = re.compile(rb"^(?:async\s+)?def\s+predict\s*\(", re.MULTILINE)


@dataclass(frozen=True)
class GroupVerdict:
    """The verdict on a group. status: ok or an error class. weight: share of all the table's rows."""

    status: str
    weight: float | None = None


@dataclass(frozen=True)
class PatchVerdict:
    """The verdict on a patch: mean losses over the group's scored rows; gain = weight * (loss_base - loss_patch)."""

    status: str
    loss_base: float | None = None
    loss_patch: float | None = None
    gain: float | None = None


@dataclass(frozen=True)
class FileVerdict:
    """The verdict on a file, one JSON line. `detail` and `traceback` are for people; `patch` is None for a finding."""

    file: str
    group: GroupVerdict
    patch: PatchVerdict | None
    words: str = ""
    detail: str = ""
    traceback: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON line."""
        patch = asdict(self.patch) if self.patch else None
        return {"file": self.file, "group": asdict(self.group), "patch": patch}


@dataclass(frozen=True)
class Ground:
    """The table that files are judged on. Every array has one entry a row.

    `scored` are the rows whose base loss is honest: all of them, or the half that the stump never saw.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    table: SealedTable
    base_loss: NDArray[np.float64]
    scored: NDArray[np.bool_]


@dataclass(frozen=True)
class Checker:
    """A judge of files, one after the other on one ground."""

    runner: Runner
    ground: Ground

    def expression(self, text: str) -> FileVerdict:
        """The verdict on an expression, a group in our own language: a finding."""
        try:
            expression = parse_expression(text, self.runner.schema)
        except ParticipantError as error:
            return FileVerdict(text, GroupVerdict(str(error.error_class)), None, detail=error.detail)
        mask = expression.mask(self.ground.X)
        return FileVerdict(text, _weighed(mask), None, words=expression.words())

    def file(self, path: Path, name: str, *, as_group: bool = False) -> FileVerdict:
        """The verdict on a file's group and its patch, whichever it has."""
        try:
            part = read_part(path)
        except ParticipantError as error:
            return _unreadable(name, error)
        if part.kind in ("python", "zip"):
            return self._code(part, name)
        if as_group or path.name.lower().endswith(f".group{path.suffix.lower()}"):
            return self._model_group(part, name)
        return self._patched(part, name, np.ones(len(self.ground.y), dtype=bool))

    def _code(self, part: PartFile, name: str) -> FileVerdict:
        """A file answers for itself which functions it has: running it is the only way to know."""
        try:
            mask, words = self._group_of(part)
        except ParticipantError as error:
            return _group_failed(name, part, error)
        if mask is not None:
            return self._patched(part, name, mask, words, optional=True)
        verdict = self._patched(part, name, np.ones(len(self.ground.y), dtype=bool))
        if verdict.patch and verdict.patch.status == ErrorClass.NO_FUNCTION:
            none = GroupVerdict(str(ErrorClass.NO_FUNCTION))
            detail = "The file defines none of group(X), predict(X) and find_group(X, y, loss)."
            return FileVerdict(name, none, verdict.patch, detail=detail)
        return verdict

    def _group_of(self, part: PartFile) -> tuple[NDArray[np.bool_] | None, str]:
        """The mask and its words, or None where the file has no group of its own."""
        table = self.ground.table
        mask = _unless_missing(lambda: self.runner.mask(part, table, explain=True))
        if mask is not None:
            return mask, ""
        text = _unless_missing(
            lambda: self.runner.find_group(part, table, self.ground.y, self.ground.base_loss)
        )
        if text is None:
            return None, ""
        expression = parse_expression(text, self.runner.schema)
        return expression.mask(self.ground.X), f"{expression.text}: {expression.words()}"

    def _model_group(self, part: PartFile, name: str) -> FileVerdict:
        try:
            mask = self.runner.mask(part, self.ground.table, explain=True)
        except PartFailed as error:
            return FileVerdict(
                name, GroupVerdict(str(error.error_class)), None, "", error.detail, error.explanation
            )
        return FileVerdict(name, _weighed(mask), None)

    def _patched(
        self, part: PartFile, name: str, mask: NDArray[np.bool_], words: str = "", *, optional: bool = False
    ) -> FileVerdict:
        """The patch on the group's rows. `optional`: a file without a patch is a finding."""
        group = _weighed(mask)
        rows = np.flatnonzero(mask)
        # A group without a row still has to say whether there is a patch: its first row does.
        asked = rows if rows.size else np.arange(min(1, len(mask)))
        try:
            predictions = self.runner.predictions(part, self.ground.table, asked, explain=True)
        except PartFailed as error:
            if optional and error.error_class == ErrorClass.NO_FUNCTION:
                return FileVerdict(name, group, None, words)
            if error.error_class in NOT_LOADED and not optional:
                return _unreadable(name, error)
            failed = PatchVerdict(str(error.error_class))
            return FileVerdict(name, group, failed, words, error.detail, error.explanation)
        return FileVerdict(name, group, self._score(mask, rows, predictions[: rows.size], group), words)

    def _score(
        self, mask: NDArray[np.bool_], rows: NDArray[np.intp], predictions: NDArray[Any], group: GroupVerdict
    ) -> PatchVerdict:
        ground, weight = self.ground, group.weight or 0.0
        judged = ground.scored[rows]
        if not judged.any():
            return PatchVerdict("ok", gain=0.0)
        patch = self.runner.loss.rows(ground.y[rows], predictions)[judged].mean()
        base = ground.base_loss[mask & ground.scored].mean()
        return PatchVerdict("ok", float(base), float(patch), float(weight * (base - patch)))


def read_part(path: Path, largest: int = 256 << 20) -> PartFile:
    """The file as a part's. Raises ParticipantError: a pickle, an unknown kind, or too large even to be read."""
    if path.stat().st_size > largest:
        raise ParticipantError(ErrorClass.TOO_LARGE, f"{path.name} has {path.stat().st_size:,} bytes")
    content = path.read_bytes()
    try:
        refuse_pickle(path.name, content)
    except PartError as error:
        raise ParticipantError(ErrorClass(error.error_class), str(error)) from error
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(KINDS)
        raise ParticipantError(ErrorClass.LOAD_ERROR, f"{path.name} is none of the kinds {known}")
    return PartFile(kind, content)


def base_losses(loss: Loss, y: NDArray[Any], predictions: NDArray[Any]) -> NDArray[np.float64]:
    """The base model's loss of each row, float64[n]."""
    return loss.rows(y, predictions)


def _unless_missing(run: Callable[[], T]) -> T | None:
    """The answer, or None where the file does not define the function."""
    try:
        return run()
    except PartFailed as error:
        if error.error_class == ErrorClass.NO_FUNCTION:
            return None
        raise


def _weighed(mask: NDArray[np.bool_]) -> GroupVerdict:
    return GroupVerdict("ok", float(mask.mean()) if mask.size else 0.0)


def _unreadable(name: str, error: ParticipantError) -> FileVerdict:
    status = str(error.error_class)
    explanation = error.explanation if isinstance(error, PartFailed) else ""
    return FileVerdict(name, GroupVerdict(status), PatchVerdict(status), "", error.detail, explanation)


def _group_failed(name: str, part: PartFile, error: ParticipantError) -> FileVerdict:
    """Without its group a patch has no rows to answer: no_result, if the file has a patch at all."""
    if error.error_class in NOT_LOADED:
        return _unreadable(name, error)
    patch = PatchVerdict(str(ErrorClass.NO_RESULT)) if _mentions_predict(part) else None
    explanation = error.explanation if isinstance(error, PartFailed) else ""
    return FileVerdict(name, GroupVerdict(str(error.error_class)), patch, "", error.detail, explanation)


def _mentions_predict(part: PartFile) -> bool:
    """Read off the text, as the file itself cannot be run to its end. Not parsed: a parser can be made to crash."""
    return part.kind == "python" and _DEFINES_PREDICT.search(part.content) is not None
