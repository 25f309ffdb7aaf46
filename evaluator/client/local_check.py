"""Checking files locally, in this machine's sandbox, against a competition's explore rows and present losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.commands.check_files import Checker, FileVerdict, Ground
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox
from evaluator.schema import Schema
from evaluator.worker.runner import Runner


@dataclass(frozen=True)
class ExploreData:
    """A competition's public explore rows, downloaded: the schema, the loss, the rows and the present model's loss.

    `head_loss` is float64[n], one a row of `rows`.
    """

    schema: Schema
    loss: Loss
    rows: pd.DataFrame
    head_loss: NDArray[np.float64]

    @classmethod
    def read(cls, schema: Mapping[str, Any], rows: Path, head_loss: Path) -> ExploreData:
        """From the API's schema, the Parquet file of explore rows and the CSV file of their losses."""
        columns = {name: value for name, value in schema.items() if name != "loss"}
        losses = pd.read_csv(head_loss)["loss"].to_numpy()
        return cls(Schema.from_json(columns), Loss.from_json(schema["loss"]), pd.read_parquet(rows), losses)


def check_request(files: Sequence[Path], expression: str) -> None:
    """Raise FileNotFoundError for a path without a file, and ValueError where there is nothing to check."""
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not a file.")
    if not files and not expression:
        raise ValueError("Name a file, or an expression.")


def check_files(
    data: ExploreData, files: Sequence[Path], expression: str = "", *, as_group: bool = False
) -> list[FileVerdict]:
    """A verdict for the expression, where there is one, then one a file. Raises SandboxUnavailable."""
    schema = data.schema
    X, y = schema.conform(data.rows), schema.encode_label(data.rows[schema.label.name])
    with Sandbox() as sandbox, closing(sandbox.seal(X, schema, public=True)) as table:
        ground = Ground(X, y, table, data.head_loss, np.ones(len(y), dtype=bool))
        checker = Checker(Runner(sandbox, schema, data.loss), ground)
        return list(_verdicts(checker, files, expression, as_group))


def _verdicts(
    checker: Checker, files: Sequence[Path], expression: str, as_group: bool
) -> Iterator[FileVerdict]:
    if expression:
        yield checker.expression(expression)
    for path in files:
        yield checker.file(path, str(path), as_group=as_group)
