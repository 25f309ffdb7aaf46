"""Running a part's file on rows of a table in the sandbox, in blocks that memory can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.artifacts import FolderStore
from evaluator.errors import ErrorClass, ParticipantError
from evaluator.losses import Loss
from evaluator.runtime import OutputSpec
from evaluator.runtime.spec import Function
from evaluator.sandbox import Job, Sandbox, SealedTable
from evaluator.schema import Schema
from evaluator.worker.messages import PartOrder

# Cells (rows times columns, 8 bytes each) that one job is given: 256 MB of features.
BLOCK_CELLS = 32_000_000
EXPLAINED = {
    ErrorClass.LOAD_ERROR: "The file could not be loaded.",
    ErrorClass.NO_FUNCTION: "The file does not define the function that is needed.",
    ErrorClass.CRASHED: "The code raised an exception or ended by itself.",
    ErrorClass.MEMORY: "The memory limit was reached.",
    ErrorClass.TIME: "The time limit was reached.",
    ErrorClass.BAD_OUTPUT: "The answer is not one valid value for each row.",
    ErrorClass.NOT_ROWWISE: (
        "The answer for a row must depend on that row alone, but it changed when the same rows came "
        "in another order or among others. Learn means, ranks and categories beforehand and keep them in the file."
    ),
    ErrorClass.UNTRUSTED_TYPES: "The file holds types that may run code when they are loaded.",
    ErrorClass.NO_RESULT: "The run ended without a result.",
    ErrorClass.TOO_LARGE: "The file is larger than allowed.",
}


class PartFailed(ParticipantError):
    """A part's failure to answer. `explanation` is the child's traceback, where the rows were public; else empty."""

    def __init__(self, error_class: ErrorClass, detail: str, explanation: str = "") -> None:
        super().__init__(error_class, detail)
        self.explanation = explanation


@dataclass(frozen=True)
class PartFile:
    """The file of a group, a patch or a search: its kind (runtime.KINDS) and its bytes."""

    kind: str
    content: bytes

    @classmethod
    def read(cls, part: PartOrder, store: FolderStore) -> PartFile:
        """The stored file of an order. A `find` file is a Python file. Raises PlatformFault where it is not as
        stored.
        """
        assert part.file is not None  # noqa: S101 - PartOrder.from_json saw to it
        kind = part.kind
        if kind == "find":
            kind = "zip" if part.file.path.endswith(".zip") else "python"
        return cls(kind, store.read_bytes(part.file.path, part.file.sha256))


@dataclass
class Stopwatch:
    """Seconds that jobs took: of CPU and sleep (`sandbox.Result.spent_s`), and by the wall clock."""

    seconds: float = 0.0
    wall_seconds: float = 0.0


@dataclass(frozen=True)
class Runner:
    """A runner of one competition's parts in a sandbox. `until` is the end of all its jobs by the monotonic clock."""

    sandbox: Sandbox
    schema: Schema
    loss: Loss
    until: float | None = None
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def answers(self) -> OutputSpec:
        """The answers that a patch or a base model must give."""
        return OutputSpec(self.loss.prediction_kind, tuple(self.schema.label.classes))

    def mask(
        self, part: PartFile, table: SealedTable, rows: NDArray[np.intp] | None = None, *, explain: bool
    ) -> NDArray[np.bool_]:
        """The mask of a group, bool[m], one a row asked for. Raises PartFailed."""
        return self._run(part, "group", OutputSpec("mask"), table, rows, explain)

    def predictions(
        self, part: PartFile, table: SealedTable, rows: NDArray[np.intp] | None = None, *, explain: bool
    ) -> NDArray[Any]:
        """Predictions of a patch, int16[m], float64[m] or float64[m, K], one a row asked for. Raises PartFailed."""
        return self._run(part, "predict", self.answers, table, rows, explain)

    def find_group(
        self, part: PartFile, table: SealedTable, y: NDArray[Any], loss: NDArray[np.float64]
    ) -> str:
        """The expression that find_group returns on public rows. Raises PartFailed.

        y: codes or numbers; the function sees the label's own values. loss: float64, one a row.
        """
        output = OutputSpec("expression", tuple(self.schema.label.classes))
        job = Job(part.kind, part.content, "find_group", output, y, loss)
        result = self.sandbox.run(job, table, explain=True)
        if result.status != "ok":
            raise _failure(result.status, result.explanation)
        return str(result.values)

    def _run(
        self,
        part: PartFile,
        function: Function,
        output: OutputSpec,
        table: SealedTable,
        rows: NDArray[np.intp] | None,
        explain: bool,
    ) -> NDArray[Any]:
        """Each block is checked for row independence by itself; an answer never crosses blocks."""
        wanted = np.arange(table.rows) if rows is None else rows
        answer = empty_predictions(len(wanted), output)
        size = max(1, BLOCK_CELLS // max(1, len(self.schema.features)))
        job = Job(part.kind, part.content, function, output)
        for start in range(0, len(wanted), size):
            block = wanted[start : start + size]
            whole = len(block) == table.rows
            result = self.sandbox.run_checked(
                job, table, rows=None if whole else block, explain=explain, until=self.until
            )
            self.watch.seconds += result.spent_s
            self.watch.wall_seconds += result.wall_s
            if result.status != "ok":
                raise _failure(result.status, result.explanation if explain else "")
            answer[start : start + size] = result.values
        return answer


def empty_predictions(n: int, output: OutputSpec) -> NDArray[Any]:
    """Zeros of the shape and dtype in which answers of n rows are stored."""
    if output.kind == "mask":
        return np.zeros(n, dtype=bool)
    if output.kind == "codes":
        return np.zeros(n, dtype=np.int16)
    shape = (n, len(output.classes)) if output.kind == "probabilities" else (n,)
    return np.zeros(shape, dtype=np.float64)


def _failure(status: str, explanation: str) -> PartFailed:
    error_class = ErrorClass(status)
    return PartFailed(error_class, _detail(error_class, explanation), explanation)


def _detail(error_class: ErrorClass, explanation: str) -> str:
    """Our sentence for the class, and the traceback's last line, which says most."""
    lines = [line for line in explanation.strip().splitlines() if line.strip()]
    last = lines[-1].strip()[:500] if lines else ""
    return f"{EXPLAINED[error_class]} {last}".strip()
