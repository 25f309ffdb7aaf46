"""Inputs of the graph, one vector a column, conformed to the schema (Schema.conform)."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from evaluator.onnx_export.graph import Graph
from evaluator.schema import Column, Schema

ROWS = "rows"


class Columns:
    """The table's columns as tensors: numbers are double with NaN for missing; words are strings, of which ""
    counts as missing.
    """

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
        """The tensor int64[1] of the number of rows."""
        return self.graph.add("Shape", self.schema.features[0].name)

    def all_true(self) -> str:
        """The tensor bool[n] of True."""
        true = helper.make_tensor("", TensorProto.BOOL, [1], [True])
        return self.graph.add("ConstantOfShape", self.count, value=true)

    def numbers(self, column: Column) -> str:
        """The tensor double[n] of a numeric column; a category's unknown values are missing."""
        if column.kind != "category":
            return column.name
        known = self.graph.is_among(column.name, [float(value) for value in column.values], np.float64)
        return self.graph.add("Where", known, column.name, self.graph.constant(np.nan))

    def codes(self, column: Column) -> str:
        """The tensor int64[n] of a category of words: its values' places, -1 for missing and unknown ones."""
        return self.places(column.name, [str(value) for value in column.values])

    def places(self, words: str, values: list[str]) -> str:
        """The tensor int64[n] of the words' places in a list, -1 for nowhere."""
        return self.graph.add(
            "LabelEncoder",
            words,
            domain="ai.onnx.ml",
            keys_strings=values,
            values_int64s=list(range(len(values))),
            default_int64=-1,
        )

    def is_one_of(self, words: str, values: list[str]) -> str:
        """The tensor bool[n] of words in a list. Strings are compared by place: not every runtime compares them
        otherwise.
        """
        return self.graph.add("GreaterOrEqual", self.places(words, values), self.graph.constant(0, np.int64))

    def as_numbers(self, column: Column) -> str:
        """The tensor double[n] of a column for networks: words by their place, NaN for missing."""
        if column.is_numeric:
            return self.numbers(column)
        codes = self.codes(column)
        place = self.graph.add("Cast", codes, to=TensorProto.DOUBLE)
        missing = self.graph.add("Less", codes, self.graph.constant(0, np.int64))
        return self.graph.add("Where", missing, self.graph.constant(np.nan), place)

    def matrix(self) -> str:
        """The tensor double[n, p] of the table for networks. It must have no text."""
        return self.graph.add(
            "Concat", *(self.graph.column(self.as_numbers(c)) for c in self.schema.features), axis=1
        )

    def as_words(self, column: Column) -> str:
        """The tensor string[n] of a column for networks: what the schema does not know is missing."""
        if column.kind == "text":
            return column.name
        known = self.is_one_of(column.name, [str(value) for value in column.values])
        return self.graph.add("Where", known, column.name, self.graph.constant(""))
