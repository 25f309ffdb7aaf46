"""The graph's inputs, one vector a column, brought into the form that the schema promises (Schema.conform)."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from evaluator.onnx_export.graph import Graph
from evaluator.schema import Column, Schema

ROWS = "rows"


class Columns:
    """Numbers are double with NaN for missing; words are strings, of which "" counts as missing."""

    def __init__(self, graph: Graph, schema: Schema) -> None:
        self.graph, self.schema = graph, schema
        self.inputs: list[onnx.ValueInfoProto] = [
            helper.make_tensor_value_info(
                column.name, TensorProto.DOUBLE if column.is_numeric else TensorProto.STRING, [ROWS]
            )
            for column in schema.features
        ]

    @property
    def count(self) -> str:
        """int64[1]: the number of rows."""
        return self.graph.add("Shape", self.schema.features[0].name)

    def all_true(self) -> str:
        """bool[n]."""
        true = helper.make_tensor("", TensorProto.BOOL, [1], [True])
        return self.graph.add("ConstantOfShape", self.count, value=true)

    def numbers(self, column: Column) -> str:
        """double[n]: a numeric column; a category's unknown values are missing."""
        if column.kind != "category":
            return column.name
        known = self.graph.is_among(column.name, [float(value) for value in column.values], np.float64)
        return self.graph.add("Where", known, column.name, self.graph.constant(np.nan))

    def codes(self, column: Column) -> str:
        """int64[n]: a category of words as its values' places, -1 for missing and unknown ones."""
        return self.places(column.name, [str(value) for value in column.values])

    def places(self, words: str, values: list[str]) -> str:
        """int64[n]: where each of the words stands in a list, -1 for nowhere."""
        return self.graph.add(
            "LabelEncoder",
            words,
            domain="ai.onnx.ml",
            keys_strings=values,
            values_int64s=list(range(len(values))),
            default_int64=-1,
        )

    def is_one_of(self, words: str, values: list[str]) -> str:
        """bool[n]. Strings are compared by place: not every runtime compares them otherwise."""
        return self.graph.add("GreaterOrEqual", self.places(words, values), self.graph.constant(0, np.int64))

    def as_numbers(self, column: Column) -> str:
        """double[n] as networks see the column: words by their place, NaN for missing."""
        if column.is_numeric:
            return self.numbers(column)
        codes = self.codes(column)
        place = self.graph.add("Cast", codes, to=TensorProto.DOUBLE)
        missing = self.graph.add("Less", codes, self.graph.constant(0, np.int64))
        return self.graph.add("Where", missing, self.graph.constant(np.nan), place)

    def matrix(self) -> str:
        """double[n, p] as networks see the table. It must have no text."""
        return self.graph.add(
            "Concat", *(self.graph.column(self.as_numbers(c)) for c in self.schema.features), axis=1
        )

    def as_words(self, column: Column) -> str:
        """string[n] as networks see the column: what the schema does not know is missing."""
        if column.kind == "text":
            return column.name
        known = self.is_one_of(column.name, [str(value) for value in column.values])
        return self.graph.add("Where", known, column.name, self.graph.constant(""))
