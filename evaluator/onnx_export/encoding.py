"""scikit-learn's transformers as graph nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from evaluator.onnx_export.columns import Columns
from evaluator.onnx_export.graph import Graph, NotConvertible
from evaluator.schema import Column


@dataclass(frozen=True)
class Table:
    """Columns of the table, untransformed."""

    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Matrix:
    """A matrix tensor, double[n, width]."""

    tensor: str


Rows = Table | Matrix


@dataclass(frozen=True)
class Preparation:
    """A converter of fitted transformers to nodes; each method returns the rows that the transformer leaves."""

    graph: Graph
    columns: Columns

    def matrix(self, rows: Rows) -> str:
        """The tensor double[n, width] of rows for an estimator. Raises NotConvertible for words."""
        if isinstance(rows, Matrix):
            return rows.tensor
        words = [column.name for column in rows.columns if not column.is_numeric]
        if words:
            raise NotConvertible(f"it reads the words of {words[0]} as numbers")
        return self._beside([self.graph.column(self.columns.numbers(c)) for c in rows.columns])

    def prepared(self, step: Any, rows: Rows) -> Rows:
        """The rows after a fitted step. Raises NotConvertible for a step without an exact counterpart."""
        match step:
            case None | "passthrough":
                return rows
            case Pipeline():
                for _, one in step.steps:
                    rows = self.prepared(one, rows)
                return rows
            case ColumnTransformer():
                return self._by_column(step, rows)
            case OrdinalEncoder():
                return self._encoded(step, rows, self._ordinal)
            case OneHotEncoder():
                return self._encoded(step, rows, self._one_hot)
            case MissingIndicator():
                return self._missing(step, rows)
            case KNNImputer() | SimpleImputer():
                return self._filled(step, rows)
            case StandardScaler():
                return self._scaled(step, rows)
            case FunctionTransformer() if step.func is None:
                return rows
        raise NotConvertible(f"{type(step).__name__} has no exact counterpart in ONNX")

    def _by_column(self, step: ColumnTransformer, rows: Rows) -> Matrix:
        if not isinstance(rows, Table) or step.transformer_weights:
            raise NotConvertible("a ColumnTransformer that weighs its parts, or comes after another step")
        by_name = {column.name: column for column in rows.columns}
        blocks = []
        for _, transformer, names in step.transformers_:
            if isinstance(transformer, str) and transformer == "drop":
                continue
            if not isinstance(names, list) or any(name not in by_name for name in names):
                raise NotConvertible("its ColumnTransformer does not list its columns by their names")
            if len(names):
                chosen = Table(tuple(by_name[name] for name in names))
                blocks.append(self.matrix(self.prepared(transformer, chosen)))
        if not blocks:
            raise NotConvertible("its ColumnTransformer leaves no column")
        return Matrix(self._beside(blocks))

    def _encoded(self, step: Any, rows: Rows, encode: Any) -> Matrix:
        """Encoders, column by column. Rare values in one class, and failing on unknown ones, are refused."""
        if not isinstance(rows, Table):
            raise NotConvertible(f"{type(step).__name__} after another step")
        if getattr(step, "_infrequent_enabled", False) or step.handle_unknown == "error":
            raise NotConvertible(f"{type(step).__name__} that fails on unknown values, or joins rare ones")
        pairs = zip(rows.columns, step.categories_, strict=True)
        return Matrix(
            self._beside([encode(step, column, categories.tolist()) for column, categories in pairs])
        )

    def _ordinal(self, step: OrdinalEncoder, column: Column, categories: list[Any]) -> str:
        if column.is_numeric or not all(isinstance(value, str) for value in categories):
            raise NotConvertible("an OrdinalEncoder of numbers, or with a category for missing values")
        graph, places = self.graph, self.columns.places(self.columns.as_words(column), categories)
        found = graph.add("Cast", places, to=TensorProto.DOUBLE)
        unknown = graph.add("Less", places, graph.constant(0, np.int64))
        return graph.column(graph.add("Where", unknown, graph.constant(float(step.unknown_value)), found))

    def _one_hot(self, step: OneHotEncoder, column: Column, categories: list[Any]) -> str:
        if step.drop is not None or step.handle_unknown != "ignore":
            raise NotConvertible("a OneHotEncoder that drops a category, or does not ignore unknown ones")
        graph = self.graph
        if column.is_numeric:
            known = [float(value) for value in categories]
            numbers = graph.column(self.columns.numbers(column))
            hot = graph.add("Equal", numbers, graph.constant(known, np.float64))
            gone = graph.add("And", graph.add("IsNaN", numbers), graph.constant(np.isnan(known)))
            return graph.add("Cast", graph.add("Or", hot, gone), to=TensorProto.DOUBLE)
        if not all(isinstance(value, str) for value in categories):
            raise NotConvertible("a OneHotEncoder of words with a category for missing values")
        places = graph.column(self.columns.places(self.columns.as_words(column), categories))
        hot = graph.add("Equal", places, graph.constant(range(len(categories)), np.int64))
        return graph.add("Cast", hot, to=TensorProto.DOUBLE)

    def _missing(self, step: MissingIndicator, rows: Rows) -> Matrix:
        if step.features != "all" or not _is_nan(step.missing_values):
            raise NotConvertible("a MissingIndicator of some columns alone, or of other values than NaN")
        return Matrix(
            self.graph.add("Cast", self.graph.add("IsNaN", self.matrix(rows)), to=TensorProto.DOUBLE)
        )

    def _filled(self, step: KNNImputer | SimpleImputer, rows: Rows) -> Matrix:
        """Neighbours are looked for in one row alone, so that row is what a missing value becomes."""
        if isinstance(step, KNNImputer):
            values = step._fit_X[0] if len(step._fit_X) == 1 else np.array([np.nan])
        else:
            values = np.asarray(step.statistics_, dtype=np.float64)
        if step.add_indicator or not _is_nan(step.missing_values) or not np.isfinite(values).all():
            raise NotConvertible(f"{type(step).__name__} that does more than fill in one value a column")
        matrix = self.matrix(rows)
        gone = self.graph.add("IsNaN", matrix)
        return Matrix(self.graph.add("Where", gone, self.graph.constant(values, np.float64), matrix))

    def _scaled(self, step: StandardScaler, rows: Rows) -> Matrix:
        matrix = self.matrix(rows)
        if step.with_mean:
            matrix = self.graph.add("Sub", matrix, self.graph.constant(step.mean_, np.float64))
        if step.with_std:
            matrix = self.graph.add("Div", matrix, self.graph.constant(step.scale_, np.float64))
        return Matrix(matrix)

    def _beside(self, blocks: Sequence[str]) -> str:
        return blocks[0] if len(blocks) == 1 else self.graph.add("Concat", *blocks, axis=1)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))
