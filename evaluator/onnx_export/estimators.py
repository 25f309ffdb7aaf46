"""Fitted scikit-learn estimators as graph nodes, in double precision: the answers that evaluator.runtime reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from evaluator.onnx_export.columns import Columns
from evaluator.onnx_export.encoding import Matrix, Preparation, Rows, Table
from evaluator.onnx_export.graph import Graph, NotConvertible
from evaluator.onnx_export.trees import Tree, answers_of_trees
from evaluator.runtime import OutputSpec, TableSpec, load_part
from evaluator.runtime.skops_part import class_codes, load_estimator

FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)
IDENTITY_LINKS = ("squared_error", "absolute_error", "quantile")


@dataclass(frozen=True)
class Scores:
    """An estimator's output tensors: one number a row, or for classes shares and the likeliest one's place."""

    tensor: str  # double[n], or double[n, K]
    likeliest: str = ""  # int64[n], of a classifier


@dataclass(frozen=True)
class Estimators:
    """A converter of skops estimators to nodes: of trusted types only, and never a submission's code."""

    graph: Graph
    columns: Columns

    def add(self, content: bytes, function: Any, output: OutputSpec) -> str:
        """The tensor of the estimator's answers: bool[n], int64[n], double[n] or double[n, K].

        Raises NotConvertible, and PartError where the list itself could not load the estimator either.
        """
        schema = self.columns.schema
        load_part("skops", content, function, TableSpec.from_schema(schema), output)
        estimator = load_estimator(content)
        scores = self._scores(estimator, self._rows(estimator))
        if output.kind == "values":
            if scores.likeliest:
                raise NotConvertible("a classifier where a number is needed")
            return scores.tensor
        if not scores.likeliest:
            raise NotConvertible("a regressor where a class is needed")
        if output.kind == "mask":
            return self._mask(np.asarray(estimator.classes_), scores)
        codes = class_codes(np.asarray(estimator.classes_), output.classes)
        if output.kind == "codes":
            return self.graph.add("Gather", self.graph.constant(codes, np.int64), scores.likeliest, axis=0)
        return self._shares(scores.tensor, codes, len(output.classes))

    def _rows(self, estimator: Any) -> Rows:
        """As evaluator.runtime feeds it: columns by name where it was fitted on a table, else the float matrix."""
        names = getattr(estimator, "feature_names_in_", None)
        if names is not None:
            by_name = {column.name: column for column in self.columns.schema.features}
            return Table(tuple(by_name[str(name)] for name in names))
        if any(column.kind == "text" for column in self.columns.schema.features):
            raise NotConvertible("it was not fitted on a table with names, and the data have text")
        return Matrix(self.columns.matrix())

    def _scores(self, estimator: Any, rows: Rows) -> Scores:
        preparation = Preparation(self.graph, self.columns)
        if isinstance(estimator, Pipeline):
            for _, step in estimator.steps[:-1]:
                rows = preparation.prepared(step, rows)
            return self._scores(estimator.steps[-1][1], rows)
        if isinstance(estimator, DummyClassifier | DummyRegressor) and estimator.n_outputs_ == 1:
            return self._constant(estimator)
        matrix = preparation.matrix(rows)
        if isinstance(estimator, LogisticRegression):
            return self._likely(self._linear(estimator, matrix), len(estimator.coef_))
        if isinstance(estimator, Ridge | LinearRegression) and len(np.atleast_2d(estimator.coef_)) == 1:
            return Scores(self.graph.flat(self._linear(estimator, matrix)))
        if isinstance(estimator, DecisionTreeClassifier | DecisionTreeRegressor):
            return self._forest([estimator], estimator, matrix)
        if isinstance(estimator, FORESTS):
            return self._forest(estimator.estimators_, estimator, matrix)
        if isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
            return self._boosting(estimator, matrix)
        raise NotConvertible(f"{type(estimator).__name__} has no exact counterpart in ONNX")

    def _constant(self, estimator: DummyClassifier | DummyRegressor) -> Scores:
        graph = self.graph
        if isinstance(estimator, DummyRegressor):
            answer = graph.constant(float(np.asarray(estimator.constant_).reshape(-1)[0]))
            return Scores(graph.add("Expand", answer, self.columns.count))
        prior = np.asarray(estimator.class_prior_, dtype=np.float64)
        if estimator.strategy not in ("prior", "most_frequent"):
            raise NotConvertible(f"a DummyClassifier whose strategy is {estimator.strategy}")
        best = int(prior.argmax())
        shares = prior if estimator.strategy == "prior" else np.eye(len(prior))[best]
        whole = graph.add("Concat", self.columns.count, graph.constant([len(prior)], np.int64), axis=0)
        return Scores(
            graph.add("Expand", graph.constant(shares), whole),
            graph.add("Expand", graph.constant(best, np.int64), self.columns.count),
        )

    def _linear(self, estimator: Any, matrix: str) -> str:
        weights = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64)).T
        product = self.graph.add("MatMul", matrix, self.graph.constant(weights))
        return self.graph.add(
            "Add", product, self.graph.constant(np.atleast_1d(estimator.intercept_), np.float64)
        )

    def _forest(self, estimators: Any, whole: Any, matrix: str) -> Scores:
        graph = self.graph
        if whole.n_outputs_ != 1:
            raise NotConvertible(f"{type(whole).__name__} that answers {whole.n_outputs_} questions at once")
        # scikit-learn's own trees read single precision.
        single = graph.add("Cast", graph.add("Cast", matrix, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
        total = self._sum(answers_of_trees(graph, single, [Tree.from_sklearn(e.tree_) for e in estimators]))
        if len(estimators) > 1:
            total = graph.add("Div", total, graph.constant(float(len(estimators))))
        if not is_classifier(whole):
            return Scores(self.graph.flat(total))
        return Scores(total, graph.add("ArgMax", total, axis=1, keepdims=0))

    def _boosting(self, estimator: Any, matrix: str) -> Scores:
        graph = self.graph
        if estimator.is_categorical_ is not None:
            raise NotConvertible("boosting that was told which columns are categories")
        if not estimator._predictors:
            raise NotConvertible("boosting without a tree")
        rounds = [[Tree.from_boosting(tree) for tree in trees] for trees in estimator._predictors]
        answers = iter(answers_of_trees(graph, matrix, [tree for trees in rounds for tree in trees]))
        baseline = np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1)
        totals = [graph.constant([[value]], np.float64) for value in baseline]
        for trees in rounds:
            for k in range(len(trees)):
                totals[k] = graph.add("Add", totals[k], next(answers))
        raw = totals[0] if len(totals) == 1 else graph.add("Concat", *totals, axis=1)
        if isinstance(estimator, HistGradientBoostingClassifier):
            return self._likely(raw, len(totals))
        if estimator.loss not in IDENTITY_LINKS:
            raise NotConvertible(f"boosting with the loss {estimator.loss}")
        return Scores(self.graph.flat(raw))

    def _likely(self, raw: str, width: int) -> Scores:
        """Classes from scores: of one column the log odds of the second class, else one column a class."""
        graph = self.graph
        if width > 1:
            return Scores(graph.softmax(raw), graph.add("ArgMax", raw, axis=1, keepdims=0))
        second = graph.add("Greater", graph.flat(raw), graph.constant(0.0))
        return Scores(graph.two_shares(graph.chances(raw)), graph.add("Cast", second, to=TensorProto.INT64))

    def _mask(self, classes: NDArray[Any], scores: Scores) -> str:
        if not all(value in (0, 1) for value in classes.tolist()):
            raise NotConvertible(f"its classes {classes.tolist()[:5]} are no True and False")
        return self.graph.add(
            "Gather", self.graph.constant(classes.astype(np.bool_)), scores.likeliest, axis=0
        )

    def _shares(self, table: str, codes: NDArray[np.int16], k: int) -> str:
        """The label's classes in order; those that the estimator never met have no share."""
        if codes.tolist() != list(range(k)):
            table = self.graph.add("MatMul", table, self.graph.constant(np.eye(k)[codes]))
        return self.graph.shares(table)

    def _sum(self, tensors: list[str]) -> str:
        """One after the other, as scikit-learn adds them up."""
        total = tensors[0]
        for tensor in tensors[1:]:
            total = self.graph.add("Add", total, tensor)
        return total
