"""The group that the kit's examples are about, and a small linear model for it; public rows only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from bounty.core import artifacts
from bounty.exploration.binning import Bin
from bounty.exploration.data import ExploreData, load_explore_data
from evaluator.expressions import parse_expression
from evaluator.losses import PredictionKind
from evaluator.schema import Schema

if TYPE_CHECKING:
    from bounty.models import Competition, ModelVersion

# Columns of a linear model: numbers of more values than these, which mean the same whoever reads the table.
FEW_VALUES = 20
FEWEST_ROWS = 50


@dataclass(frozen=True)
class LinearModel:
    """A linear model: scores = table @ weights + bias, with `fill` where a number is missing; a score a class, else
    one.
    """

    columns: tuple[str, ...]
    fill: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "fill": list(self.fill),
            "weights": [list(row) for row in self.weights],
            "bias": list(self.bias),
        }


@dataclass(frozen=True, eq=False)
class Example:
    """The example of a kit: one bin of one column where the present model errs most, and what the public rows teach
    about it.

    `where` says which train rows a patch is fitted on: the group's, or all where those are too few.
    """

    schema: Schema
    kind: PredictionKind
    group: Bin
    words: str
    X: pd.DataFrame  # train rows
    y: NDArray[Any]
    inside: NDArray[np.bool_]
    where: NDArray[np.bool_]
    linear: LinearModel

    @property
    def expression(self) -> str:
        return parse_expression(self.group.condition, self.schema).text

    @property
    def outputs(self) -> int:
        """Number of scores that a patch computes."""
        return 1 if self.kind == "values" else len(self.schema.label.classes)


def build_example(competition: Competition, head: ModelVersion) -> Example:
    """The competition's example under this version: the same every time."""
    ground = load_explore_data(competition, head)
    train = competition.layout.rows_of("train")
    X = artifacts.read_public_features(competition).iloc[train].reset_index(drop=True)
    y = artifacts.read_labels(competition, "train")
    group = _worst_bin(ground, X, competition.smallest_group)
    expression = parse_expression(group.condition, ground.schema)
    inside = expression.mask(X)
    enough = inside.sum() >= FEWEST_ROWS and len(np.unique(y[inside])) > 1
    where = inside if enough else np.ones(len(y), dtype=bool)
    return Example(
        schema=ground.schema,
        kind=ground.loss.prediction_kind,
        group=group,
        words=expression.words(),
        X=X,
        y=y,
        inside=inside,
        where=where,
        linear=_linear(ground, X, y, where),
    )


def _worst_bin(ground: ExploreData, X: pd.DataFrame, smallest: int) -> Bin:
    """The bin that holds most excess loss; ranges of numbers before others, as every kind of file can hold them."""
    found: list[tuple[bool, float, Bin]] = []
    for binned in ground.all_binned():
        for code, one in enumerate(binned.bins):
            mask = binned.codes == code
            if one.missing or one.others or not smallest <= mask.sum() < len(mask):
                continue
            excess = float((ground.head_loss[mask] - ground.head_loss.mean()).sum())
            found.append((binned.column.name in plain_number_columns(ground.schema, X), excess, one))
    if found:
        return max(found, key=lambda one: one[:2])[2]
    return Bin(ground.schema.features[0], missing=True)


def plain_number_columns(schema: Schema, X: pd.DataFrame) -> list[str]:
    """Names of number columns that are read as numbers by everybody, however their table was read."""
    numbers = [column.name for column in schema.features if column.kind == "number"]
    return [name for name in numbers if X[name].nunique() > FEW_VALUES]


def _linear(ground: ExploreData, X: pd.DataFrame, y: NDArray[Any], where: NDArray[np.bool_]) -> LinearModel:
    columns = plain_number_columns(ground.schema, X)
    outputs = 1 if ground.loss.prediction_kind == "values" else len(ground.schema.label.classes)
    table = X.loc[where, columns].to_numpy(dtype=np.float64)
    fill = [_finite_median(table[:, i]) for i in range(len(columns))]
    table = np.where(np.isnan(table), fill, table) if columns else np.zeros((int(where.sum()), 0))
    spread = table.std(axis=0)
    spread[spread == 0] = 1.0
    with threadpool_limits(1):
        weights, bias = _fit_linear((table - table.mean(axis=0)) / spread, y[where], outputs)
    weights = weights / spread[:, None]
    bias = bias - table.mean(axis=0) @ weights
    return LinearModel(
        tuple(columns),
        tuple(_short(v) for v in fill),
        tuple(tuple(_short(v) for v in row) for row in weights),
        tuple(_short(v) for v in bias),
    )


def _fit_linear(
    table: NDArray[np.float64], y: NDArray[Any], outputs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights [columns, outputs] and bias [outputs] of a small linear model; without columns, of the base rates."""
    if outputs == 1:
        if not table.shape[1]:
            return np.zeros((0, 1)), np.array([float(y.mean())])
        ridge = Ridge(random_state=0).fit(table, y)
        return ridge.coef_.reshape(-1, 1), np.array([float(ridge.intercept_)])
    classes = np.unique(y)
    weights, bias = np.zeros((table.shape[1], outputs)), np.full(outputs, -30.0)
    if len(classes) < 2 or not table.shape[1]:
        bias = np.log(np.bincount(y, minlength=outputs) / len(y) + 1e-9)
        return weights, bias
    model = LogisticRegression(max_iter=300).fit(table, y)
    if len(classes) == 2:
        # softmax([0, z]) is (1 - p, p) for p = sigmoid(z).
        weights[:, classes[1]], bias[classes[0]] = model.coef_[0], 0.0
        bias[classes[1]] = model.intercept_[0]
    else:
        weights[:, classes], bias[classes] = model.coef_.T, model.intercept_
    return weights, bias


def _finite_median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _short(value: float) -> float:
    """So many digits as a reader and a model need."""
    return float(f"{float(value):.6g}")
