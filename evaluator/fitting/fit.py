"""Fitting a base model or a patch in the fitting process, within a time limit."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.fitting import messages
from evaluator.fitting.names import LEARNERS
from evaluator.fitting.process import PROCESS
from evaluator.losses import Loss
from evaluator.schema import Schema
from evaluator.text import did_you_mean

LIMIT_S = 60.0
BASE_LIMIT_S = 600.0
# Train rows that a patch is fitted on: more take longer than anybody waits for, and teach little more.
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Fitted:
    """A fitted model: a skops part, its predictions on all rows of the X it was given, and a notice for people (""
    for none).
    """

    content: bytes
    predictions: NDArray[Any]
    notice: str
    kind: str = "skops"


def fit_patch(
    learner: str,
    X: pd.DataFrame,
    y: NDArray[Any],
    schema: Schema,
    loss: Loss,
    where: NDArray[np.bool_] | None = None,
    *,
    limit_s: float = LIMIT_S,
) -> Fitted:
    """A fitted patch for the group whose conformed rows are X, learnt from the rows `where` (bool[n]; all without
    it).

    y: codes or numbers, looked at on the rows `where` alone. Of more than MOST_ROWS a random part is fitted on.
    One class, or fewer than 20 rows, gives a constant patch with a notice. ParticipantError(time) at the limit.
    """
    rows = np.arange(len(X)) if where is None else np.flatnonzero(where)
    chosen, sampled = where, ""
    if len(rows) > MOST_ROWS:
        part = np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False)
        chosen = np.zeros(len(X), dtype=bool)
        chosen[part] = True
        sampled = f"The group holds {len(rows):,} train rows; the patch was fitted on {MOST_ROWS:,} of them at random."
    fitted = _fit(learner, X, y, schema, loss, chosen, limit_s)
    return replace(fitted, notice=" ".join(filter(None, (sampled, fitted.notice))))


def fit_base(
    X: pd.DataFrame,
    y: NDArray[Any],
    schema: Schema,
    loss: Loss,
    where: NDArray[np.bool_] | None = None,
    *,
    learner: str = "boosting",
    limit_s: float = BASE_LIMIT_S,
) -> Fitted:
    """A fitted base model, learnt from the rows `where` (bool[n]; all without it), with predictions on all rows of
    X.
    """
    return _fit(learner, X, y, schema, loss, where, limit_s)


def answer_fitted(
    content: bytes, X: pd.DataFrame, schema: Schema, loss: Loss, *, limit_s: float = LIMIT_S
) -> NDArray[Any]:
    """Predictions of a model that was fitted here on the conformed rows X, one a row.

    Raises ParticipantError(time or memory) like fitting, and PlatformFault where it is our fault.
    """
    header = {"task": "answer", "schema": schema.to_json(), "loss": loss.to_json()}
    _, blobs = PROCESS.run(header, [_arrow(X), content], limit_s)
    return messages.from_npy(blobs[0])


def _fit(
    learner: str,
    X: pd.DataFrame,
    y: NDArray[Any],
    schema: Schema,
    loss: Loss,
    where: NDArray[np.bool_] | None,
    limit_s: float,
) -> Fitted:
    if learner not in LEARNERS:
        raise TableError(f"There is no learner `{learner}`{did_you_mean(learner, LEARNERS)}")
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, y has {len(y)}")
    rows = np.ones(len(X), dtype=bool) if where is None else np.asarray(where, dtype=bool)
    header = {"task": "fit", "learner": learner, "schema": schema.to_json(), "loss": loss.to_json()}
    answer, blobs = PROCESS.run(header, [_arrow(X), messages.to_npy(y), messages.to_npy(rows)], limit_s)
    return Fitted(blobs[0], messages.from_npy(blobs[1]), " ".join(answer["notices"]))


def _arrow(X: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(X, preserve_index=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
