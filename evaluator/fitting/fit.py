"""Fit a base model or a patch, within a time limit."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from evaluator.errors import TableError
from evaluator.fitting import messages
from evaluator.fitting.names import LEARNERS
from evaluator.fitting.process import PROCESS
from evaluator.losses import Loss
from evaluator.schema import Schema
from evaluator.words import did_you_mean

LIMIT_S = 60.0
BASE_LIMIT_S = 600.0


@dataclass(frozen=True)
class FittedPatch:
    """An ordinary skops part, and what its team should know about it ("" for nothing)."""

    content: bytes
    notice: str
    kind: str = "skops"


@dataclass(frozen=True)
class FittedBase:
    """A base model as skops bytes, and its predictions on all rows of the X it was given."""

    content: bytes
    predictions: np.ndarray
    notice: str
    kind: str = "skops"


def fit_patch(
    learner: str, X: pd.DataFrame, y: np.ndarray, schema: Schema, loss: Loss, *, limit_s: float = LIMIT_S
) -> FittedPatch:
    """A patch for the group whose conformed train rows are X and whose codes or numbers are y.

    One class, or fewer than 20 rows, gives a constant patch with a notice. ParticipantError(time) at the limit.
    """
    content, _, notice = _fit(learner, X, y, schema, loss, None, limit_s, predict=False)
    return FittedPatch(content, notice)


def fit_base(
    X: pd.DataFrame,
    y: np.ndarray,
    schema: Schema,
    loss: Loss,
    where: np.ndarray | None = None,
    *,
    learner: str = "boosting",
    limit_s: float = BASE_LIMIT_S,
) -> FittedBase:
    """A base model fitted on the rows `where` (bool[n]; all without it), answering all rows of X."""
    content, predictions, notice = _fit(learner, X, y, schema, loss, where, limit_s, predict=True)
    return FittedBase(content, predictions, notice)


def _fit(
    learner: str,
    X: pd.DataFrame,
    y: np.ndarray,
    schema: Schema,
    loss: Loss,
    where: np.ndarray | None,
    limit_s: float,
    *,
    predict: bool,
) -> tuple[bytes, np.ndarray, str]:
    if learner not in LEARNERS:
        raise TableError(f"There is no learner `{learner}`{did_you_mean(learner, LEARNERS)}")
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, y has {len(y)}")
    rows = np.ones(len(X), dtype=bool) if where is None else np.asarray(where, dtype=bool)
    header = {"learner": learner, "schema": schema.to_json(), "loss": loss.to_json(), "predict": predict}
    answer, blobs = PROCESS.run(header, [_arrow(X), messages.to_npy(y), messages.to_npy(rows)], limit_s)
    return blobs[0], messages.from_npy(blobs[1]), " ".join(answer["notices"])


def _arrow(X: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(X, preserve_index=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
