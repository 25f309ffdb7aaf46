"""A fitted patch of an order: fitted on the group's train rows, then asked split by split.

No stranger's code is in such a patch: the process that fitted it answers, and no jail is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator import artifacts, fitting
from evaluator.artifacts import FolderStore
from evaluator.errors import PlatformFault, TableError
from evaluator.fitting import Fitted
from evaluator.runtime import OutputSpec
from evaluator.worker.messages import Order
from evaluator.worker.runner import empty_predictions
from evaluator.worker.table_cache import TableCache


class FittedPatch:
    """The patch that an order asks to be fitted; `fit` comes before everything else."""

    def __init__(self, order: Order, tables: TableCache) -> None:
        self.order = order
        self.tables = tables
        self._fitted: Fitted | None = None

    def fit(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Fit on those of the given public rows that are train rows; the answers on all of the given.

        Raises ParticipantError(time or memory) and PlatformFault.
        """
        assert self.order.patch is not None  # noqa: S101 - the caller saw to it
        public, y = self.tables.public(self.order)
        train = self.order.layout.rows_of("train")
        try:
            self._fitted = fitting.fit_patch(
                self.order.patch.learner,
                public.iloc[rows].reset_index(drop=True),
                y[rows],
                self.order.schema,
                self.order.loss,
                (rows >= train.start) & (rows < train.stop),
                limit_s=self.order.limits.fit_s,
            )
        except TableError as error:  # a learner that the site should not have let through
            raise PlatformFault(str(error)) from error
        return self._fitted.predictions if rows.size else self._empty(0)

    @property
    def notices(self) -> list[str]:
        """What people should know of the fit."""
        return [self.fitted.notice] if self.fitted.notice else []

    @property
    def fitted(self) -> Fitted:
        """The fitted model."""
        assert self._fitted is not None  # noqa: S101 - `fit` comes first
        return self._fitted

    def store(self, store: FolderStore) -> dict[str, Any]:
        """Store the model as skops, and name the file."""
        path = artifacts.outcome(self.order.submission, self.order.attempt, "patch.skops")
        return {**store.write_bytes(path, self.fitted.content).to_json(), "kind": self.fitted.kind}

    def answer(self, split: str, inside: NDArray[np.bool_], *, all_rows: bool) -> NDArray[Any]:
        """Predictions on the rows `inside` (bool[n]) of one split of the secret rows, and 0 elsewhere.

        `all_rows` are asked where a stranger's code chose the group: how many it chose would be read off the time. A
        row is asked even where an expression's group has none there, or the time would tell that.
        """
        predictions = self._empty(len(inside))
        asked = np.arange(len(inside)) if all_rows else np.flatnonzero(inside)
        if not asked.size:
            asked = np.arange(min(1, len(inside)))
        if asked.size:
            X = self.tables.split(self.order, split).iloc[asked].reset_index(drop=True)
            schema, loss, limit = self.order.schema, self.order.loss, self.order.limits.fit_s
            found = fitting.answer_fitted(self.fitted.content, X, schema, loss, limit_s=limit)
            predictions[inside] = found[inside[asked]]
        return predictions

    def _empty(self, rows: int) -> NDArray[Any]:
        classes = tuple(self.order.schema.label.classes)
        return empty_predictions(rows, OutputSpec(self.order.loss.prediction_kind, classes))
