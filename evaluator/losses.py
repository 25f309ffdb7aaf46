"""Loss functions per row, scaled to [0, 1]: 0-1, cost matrix, squared, absolute, log (docs/science.md, Losses)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.schema import Label

LossName = Literal["zero_one", "cost", "squared", "absolute", "log"]
PredictionKind = Literal["codes", "probabilities", "values"]

# -ln p is divided by this and clipped at 1: an answer of probability 0.001 or less costs the whole row.
LOG_SCALE = math.log(1000.0)
# How far a row's probabilities may be from summing to one: float32 models are not exact.
SUM_TOLERANCE = 1e-3
# Sums of losses are compared in whole units, so that they depend on no order of addition.
UNITS = 2**30

LOSS_WORDS: dict[LossName, str] = {
    "zero_one": "share of wrong answers",
    "cost": "cost of wrong answers, as a share of the worst",
    "squared": "squared error, as a share of the squared label range",
    "absolute": "absolute error, as a share of the label range",
    "log": "log loss divided by ln 1000, at most 1 a row",
}


@dataclass(frozen=True)
class Loss:
    """A loss per row. `costs[i][j]` in [0, 1] is the cost of answering j where the truth is i."""

    name: LossName
    costs: tuple[tuple[float, ...], ...] = ()
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Loss:
        """The loss that `to_json` wrote."""
        return cls(**{**data, "costs": tuple(tuple(row) for row in data.get("costs", ()))})

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return asdict(self)

    @classmethod
    def default(cls, label: Label) -> Loss:
        """The usual loss of a label: 0-1 for classes, squared for numbers."""
        return make_loss("squared" if label.task == "regression" else "zero_one", label)

    @property
    def is_zero_one(self) -> bool:
        """Whether this is the 0-1 loss, to which the exact sign test applies."""
        return self.name == "zero_one"

    @property
    def prediction_kind(self) -> PredictionKind:
        """The kind of predictions it takes: class codes, a probability a class, or numbers."""
        if self.name == "log":
            return "probabilities"
        return "codes" if self.name in ("zero_one", "cost") else "values"

    @property
    def words(self) -> str:
        """The loss in English."""
        return LOSS_WORDS[self.name]

    def rows(self, y: NDArray[Any], predictions: NDArray[Any]) -> NDArray[np.float64]:
        """The loss of each row, float64[n] in [0, 1]. y: codes int[n] or float64[n]; predictions as `prediction_kind`
        says.

        ValueError names the first row (from 1) whose prediction is NaN, infinite, no code, or no distribution.
        """
        y, predictions = np.asarray(y), np.asarray(predictions)
        if self.name == "log":
            return _log(y, _distributions(predictions, len(y)))
        if predictions.shape != y.shape or y.ndim != 1:
            raise ValueError(
                f"{len(y)} predictions were expected, one a row, not an array {predictions.shape}"
            )
        if self.name in ("zero_one", "cost"):
            codes = _codes(predictions, len(self.costs) or None)
            if self.name == "zero_one":
                return (codes != y).astype(np.float64)
            return np.array(self.costs, dtype=np.float64)[y.astype(np.intp), codes]
        return self._distance(y, predictions)

    def _distance(self, y: NDArray[Any], predictions: NDArray[Any]) -> NDArray[np.float64]:
        _require(np.isfinite(predictions.astype(np.float64)), predictions, "is not a finite number")
        answered = np.clip(predictions.astype(np.float64), self.low, self.high)
        share = np.abs(answered - np.clip(y.astype(np.float64), self.low, self.high)) / (self.high - self.low)
        return share**2 if self.name == "squared" else share


def make_loss(name: str, label: Label, costs: Sequence[Sequence[float]] | None = None) -> Loss:
    """A loss that fits the label. `costs[i][j]`, in any unit, is scaled so that the worst cell costs 1.

    TableError says what does not fit; for a cost matrix it names the cell.
    """
    if name not in LOSS_WORDS:
        raise TableError(f"There is no loss `{name}`; there are {', '.join(LOSS_WORDS)}.")
    is_distance = name in ("squared", "absolute")
    if is_distance != (label.task == "regression"):
        needed = "a number as its label" if is_distance else "classes as its label"
        raise TableError(
            f"The loss `{name}` needs {needed}, but `{label.name}` is {label.task}.", column=label.name
        )
    if name == "cost":
        return Loss("cost", costs=_scaled(costs, label))
    if is_distance:
        if not label.high > label.low or not math.isfinite(label.high - label.low):
            raise TableError(
                f"The label `{label.name}` has no range: it runs from {label.low} to {label.high}."
            )
        return Loss(name, low=label.low, high=label.high)
    return Loss(name)


def to_units(loss: NDArray[np.float64]) -> NDArray[np.int64]:
    """Losses in fixed point, int64, 2**30 a unit: sums of these are exact, whatever their order."""
    return np.rint(np.asarray(loss, dtype=np.float64) * UNITS).astype(np.int64)


def _scaled(costs: Sequence[Sequence[float]] | None, label: Label) -> tuple[tuple[float, ...], ...]:
    names = [str(value) for value in label.classes]
    if not costs or len(costs) != len(names) or any(len(row) != len(names) for row in costs):
        raise TableError(
            f"The cost matrix needs {len(names)} rows of {len(names)} costs, in the order {', '.join(names)}: "
            "a row is the truth, a column the answer."
        )
    for i, row in enumerate(costs):
        for j, cost in enumerate(row):
            cell = f"The cost of answering {names[j]} where {names[i]} is true"
            if isinstance(cost, bool) or not isinstance(cost, (int, float)) or not math.isfinite(cost):
                raise TableError(f"{cell} must be a finite number, not {cost!r}.")
            if cost < 0:
                raise TableError(f"{cell} is {cost}; costs are never negative.")
            if cost < row[i]:
                raise TableError(f"{cell} is {cost}, less than {row[i]} for the true answer.")
    worst = max(max(row) for row in costs)
    if worst == 0:
        raise TableError("Every cost in the cost matrix is 0, so no model could be told from another.")
    return tuple(tuple(float(cost) / worst for cost in row) for row in costs)


def _codes(predictions: NDArray[Any], classes: int | None) -> NDArray[np.int64]:
    if not np.issubdtype(predictions.dtype, np.integer):
        numbers = predictions.astype(np.float64)
        _require(np.isfinite(numbers), predictions, "is not a finite number")
        _require(numbers == np.floor(numbers), predictions, "is not a class code")
    codes = predictions.astype(np.int64)
    _require(codes >= 0, predictions, "is not a class code")
    if classes is not None:
        _require(codes < classes, predictions, f"is not a class code below {classes}")
    return codes


def _distributions(predictions: NDArray[Any], rows: int) -> NDArray[np.float64]:
    if predictions.ndim != 2 or len(predictions) != rows:
        raise ValueError(f"{rows} rows of probabilities were expected, not an array {predictions.shape}")
    numbers = predictions.astype(np.float64)
    _require(np.isfinite(numbers).all(axis=1), predictions, "holds a probability that is not finite")
    within = ((numbers >= -SUM_TOLERANCE) & (numbers <= 1 + SUM_TOLERANCE)).all(axis=1)
    _require(within, predictions, "holds a probability outside 0 to 1")
    sums = numbers.sum(axis=1)
    _require(np.abs(sums - 1) <= SUM_TOLERANCE, predictions, "does not sum to 1")
    return np.clip(numbers, 0, 1) / sums[:, None]


def _log(y: NDArray[Any], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    of_truth = probabilities[np.arange(len(y)), y.astype(np.intp)]
    return np.clip(-np.log(np.maximum(of_truth, np.exp(-LOG_SCALE))) / LOG_SCALE, 0.0, 1.0)


def _require(holds: NDArray[np.bool_] | np.bool, predictions: NDArray[Any], problem: str) -> None:
    bad = np.flatnonzero(~holds)
    if bad.size:
        value = predictions[bad[0]].tolist()
        raise ValueError(f"the prediction for row {int(bad[0]) + 1}, {value!r}, {problem}")
