"""Losses of rows as integers: sums are exact, and depend on no order of addition."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.arrays import Array, Practice
from evaluator.losses import UNITS, to_units

Units = npt.NDArray[Any]  # int8 for the 0-1 loss, else int64


class RowUnits:
    """Integer losses of single practice rows. `scale` turns them into the fixed point of evaluator.losses.

    Under the 0-1 loss a unit is one wrong row, and one byte holds it.
    """

    def __init__(self, practice: Practice) -> None:
        self._loss, self._y = practice.loss, practice.y
        self._costs = to_units(np.array(practice.loss.costs)) if practice.loss.name == "cost" else None
        self._counts = practice.loss.is_zero_one
        self.scale = UNITS if self._counts else 1
        self.dtype: Any = np.int8 if self._counts else np.int64

    def all(self, predictions: Array) -> Units:
        """Units of every practice row. Raises ValueError where the predictions are none (evaluator.losses)."""
        units = to_units(self._loss.rows(self._y, predictions))
        return (units // self.scale).astype(self.dtype)

    def some(self, rows: npt.NDArray[np.intp], predictions: Array) -> Units:
        """Units of practice rows by number, from 0, and predictions that are known to fit."""
        y = self._y[rows]
        if self._counts:
            return (predictions != y).view(np.int8)
        if self._costs is not None:
            costs: Units = self._costs[y.astype(np.intp), predictions.astype(np.intp)]
            return costs
        return to_units(self._loss.rows(y, predictions))

    def inside(self, mask: npt.NDArray[np.bool_], units: Units) -> int:
        """The sum of units over the rows of a mask."""
        if self._counts:
            return int(np.count_nonzero(mask & units.view(np.bool_)))
        return int(units[mask].sum())
