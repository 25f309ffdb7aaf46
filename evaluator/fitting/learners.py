"""Learners: pipelines made of scikit-learn's own parts only, so that skops loads them without our code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import KNNImputer, MissingIndicator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from evaluator.losses import Loss
from evaluator.schema import Schema, Value

# Cells below which one thread fits faster than several.
SMALL = 400_000


def usable_columns(schema: Schema) -> list[str]:
    """Names of the columns that learners read: everything but text."""
    return [column.name for column in schema.features if column.kind != "text"]


def fit(learner: str, X: pd.DataFrame, y: NDArray[Any], schema: Schema, loss: Loss) -> Pipeline:
    """The fitted pipeline of a learner on X and y (codes or numbers); at least two rows, and for classes at least
    two of them.
    """
    # Threads that wait for each other on a busy machine cost more than a small fit itself.
    with threadpool_limits(1 if X.size < SMALL else None):
        return _fit(learner, X, y, schema, loss)


def _fit(learner: str, X: pd.DataFrame, y: NDArray[Any], schema: Schema, loss: Loss) -> Pipeline:
    if learner == "logistic":
        return _fit_linear(X, y, schema, loss)
    pipeline = Pipeline([("prepare", _ordinal(schema)), ("model", _trees(learner, len(X), loss))])
    return pipeline.fit(X, y, model__sample_weight=_weights(y, loss))


def fit_constant(
    y: NDArray[Any], classes: int, loss: Loss, columns: Sequence[str]
) -> DummyClassifier | DummyRegressor:
    """A dummy model of the one answer with the least mean loss on y; without any row the first class, or the middle
    of the range.

    It remembers `columns`, as every fitted model does: loaders hold them against the table.
    """

    def blank(rows: int) -> pd.DataFrame:
        return pd.DataFrame(np.zeros((rows, len(columns))), columns=list(columns))

    if loss.prediction_kind == "values":
        numbers = np.clip(y, loss.low, loss.high) if len(y) else np.array([(loss.low + loss.high) / 2])
        middle = "median" if loss.name == "absolute" else "mean"
        return DummyRegressor(strategy=middle).fit(blank(len(numbers)), numbers)
    if loss.prediction_kind == "probabilities":
        # One imagined row spread over all classes: no class is impossible after a handful of rows.
        known = np.concatenate([y.astype(np.int64), np.arange(classes)])
        weights = np.concatenate([np.ones(len(y)), np.full(classes, 1 / classes)])
        return DummyClassifier(strategy="prior").fit(blank(len(known)), known, sample_weight=weights)
    answers = np.arange(classes)
    means = [loss.rows(y, np.full(len(y), answer)).mean() if len(y) else 0.0 for answer in answers]
    best = np.array([answers[int(np.argmin(means))]])
    return DummyClassifier(strategy="most_frequent").fit(blank(1), best)


def predict(model: Any, X: pd.DataFrame, classes: int, loss: Loss) -> NDArray[Any]:
    """Predictions of the model: codes int16[n], probabilities float64[n, classes] in code order, or float64[n]."""
    if loss.prediction_kind == "values":
        return np.asarray(model.predict(X), dtype=np.float64)
    if loss.prediction_kind == "codes":
        return np.asarray(model.predict(X)).astype(np.int16)
    result = np.zeros((len(X), classes))
    result[:, np.asarray(model.classes_, dtype=np.intp)] = model.predict_proba(X)
    return result


def name_classes(model: Any, classes: Sequence[Value]) -> None:
    """Replace the codes in a fitted model's `classes_` by the label's own values.

    Where a group's rows lack some classes, codes 1 and 2 of the classes (1, 2, 3) could not be told from its values.
    """
    last = model[-1] if isinstance(model, Pipeline) else model
    if hasattr(last, "classes_"):
        last.classes_ = np.asarray(classes)[np.asarray(last.classes_, dtype=np.intp)]


def _split(schema: Schema) -> tuple[list[str], list[list[str]], list[str]]:
    words = [c for c in schema.features if c.kind == "category" and not c.is_numeric]
    numbers = [c.name for c in schema.features if c.is_numeric]
    return [c.name for c in words], [[str(v) for v in c.values] for c in words], numbers


def _ordinal(schema: Schema) -> ColumnTransformer:
    """Categories of words as their index in frozen order, numbers as they are; missing stays NaN."""
    words, values, numbers = _split(schema)
    encoder = OrdinalEncoder(
        categories=values,
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    return ColumnTransformer([("words", encoder, words), ("numbers", "passthrough", numbers)])


def _fit_linear(X: pd.DataFrame, y: NDArray[Any], schema: Schema, loss: Loss) -> Pipeline:
    """Categories one-hot, numbers scaled, a missing number as the median with a column that says so.

    The steps are fitted one by one: the nearest neighbour among one row of medians is that row, so KNNImputer fills in
    medians. (SimpleImputer would be plainer, but skops does not trust the numpy.dtype in it.)
    """
    words, values, _ = _split(schema)
    coded = [c.name for c in schema.features if c.kind == "category" and c.is_numeric]
    numbers = [c.name for c in schema.features if c.kind == "number"]
    prepare = ColumnTransformer(
        [
            ("words", OneHotEncoder(categories=values, handle_unknown="ignore", sparse_output=False), words),
            ("coded", OneHotEncoder(handle_unknown="ignore", sparse_output=False), coded),
            ("missing", MissingIndicator(features="all"), numbers),
            ("numbers", "passthrough", numbers),
        ]
    ).fit(X)
    matrix = prepare.transform(X)
    medians = pd.DataFrame(matrix).median().fillna(0.0).to_numpy()[None, :]
    fill = KNNImputer(n_neighbors=1).fit(medians)
    scale = StandardScaler().fit(fill.transform(matrix))
    model = Ridge() if loss.prediction_kind == "values" else LogisticRegression(max_iter=200, tol=1e-3)
    model.fit(scale.transform(fill.transform(matrix)), y, sample_weight=_weights(y, loss))
    return Pipeline([("prepare", prepare), ("fill", fill), ("scale", scale), ("model", model)])


def _trees(learner: str, rows: int, loss: Loss) -> Any:
    is_regression = loss.prediction_kind == "values"
    if learner == "boosting":
        # Told which columns are categories, boosting prepares its input with functions that no loader trusts
        # (functools.partial); categories as their index need a few more splits instead.
        options = {
            "max_iter": 150,
            # Small groups: leaves of 20 would leave no tree at all.
            "min_samples_leaf": int(np.clip(rows // 20, 3, 20)),
            "l2_regularization": 1.0,
            "random_state": 0,
        }
        if is_regression:
            kind = "absolute_error" if loss.name == "absolute" else "squared_error"
            return HistGradientBoostingRegressor(loss=kind, **options)
        return HistGradientBoostingClassifier(**options)
    if learner == "forest":
        options = {"n_estimators": 60, "max_leaf_nodes": 512, "min_samples_leaf": 3, "random_state": 0}
        return RandomForestRegressor(**options) if is_regression else RandomForestClassifier(**options)
    if learner == "tree":
        options = {"max_depth": 5, "min_samples_leaf": int(np.clip(rows // 50, 2, 50)), "random_state": 0}
        return DecisionTreeRegressor(**options) if is_regression else DecisionTreeClassifier(**options)
    raise KeyError(learner)


def _weights(y: NDArray[Any], loss: Loss) -> NDArray[np.float64]:
    """A row weighs what a wrong answer on it costs on average; exact for two classes, a fair guess for more."""
    if loss.name != "cost":
        return np.ones(len(y))
    costs = np.array(loss.costs)
    regret = costs - np.diag(costs)[:, None]
    by_class = regret.sum(axis=1) / (len(costs) - 1)
    # A class whose errors cost nothing keeps a trace of weight: learners refuse classes of weight zero.
    return np.maximum(by_class, 1e-6)[y.astype(np.intp)]
