"""A builder of ONNX graphs, node by node. What was computed before is not computed again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


class NotConvertible(Exception):
    """A part without an exact counterpart among ONNX operators."""


class Graph:
    """A graph under construction. Every method returns the name of a tensor."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """`taken`: names of inputs, which no tensor of ours may have."""
        names = tuple(taken)
        self.prefix = "_"
        while any(name.startswith(self.prefix) for name in names):
            self.prefix += "_"
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.functions: list[onnx.FunctionProto] = []
        self._known: dict[tuple[Any, ...], str] = {}

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The output tensor of a node; the same operator on the same inputs is one node."""
        key = (domain, operator, inputs, repr(sorted(attributes.items())))
        if key not in self._known:
            self._known[key] = f"{self.prefix}t{len(self._known)}"
            made = helper.make_node(operator, list(inputs), [self._known[key]], domain=domain, **attributes)
            self.nodes.append(made)
        return self._known[key]

    def constant(self, value: Any, dtype: Any = None) -> str:
        """The tensor of a constant of any shape; text becomes string."""
        array = np.asarray(value, dtype=dtype)
        if array.dtype.kind == "U":
            array = array.astype(object)
        key = ("constant", str(array.dtype), array.shape, repr(array.tolist()))
        if key not in self._known:
            self._known[key] = f"{self.prefix}c{len(self._known)}"
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def name(self, tensor: str, wanted: str) -> None:
        """Give a tensor the name that a caller of the graph, or an embedded model, asks for."""
        self.nodes.append(helper.make_node("Identity", [tensor], [wanted]))

    def column(self, vector: str) -> str:
        """The tensor [n, 1] of a vector [n]."""
        return self.add("Unsqueeze", vector, self.constant([1], np.int64))

    def flat(self, tensor: str) -> str:
        """The tensor [n] of a column [n, 1]."""
        return self.add("Reshape", tensor, self.constant([-1], np.int64))

    def two_shares(self, one: str) -> str:
        """The tensor double[n, 2] from the second class's share, double[n, 1]."""
        return self.add("Concat", self.add("Sub", self.constant(1.0), one), one, axis=1)

    def chances(self, log_odds: str) -> str:
        """The logistic function 1 / (1 + exp(-x)) of a tensor of double."""
        return self.add(
            "Div",
            self.constant(1.0),
            self.add("Add", self.constant(1.0), self.add("Exp", self.add("Neg", log_odds))),
        )

    def softmax(self, scores: str) -> str:
        """The softmax double[n, K] of scores in double."""
        axis = self.constant([1], np.int64)
        powers = self.add("Exp", self.add("Sub", scores, self.add("ReduceMax", scores, axis, keepdims=1)))
        return self.add("Div", powers, self.add("ReduceSum", powers, axis, keepdims=1))

    def shares(self, table: str) -> str:
        """The tensor double[n, K] normalised as evaluator.runtime stores it: within 0 and 1, rows that sum to 1."""
        clipped = self.add("Clip", table, self.constant(0.0), self.constant(1.0))
        total = self.add("ReduceSum", clipped, self.constant([1], np.int64), keepdims=1)
        return self.add("Div", clipped, total)

    def is_among(self, tensor: str, values: list[Any], dtype: Any) -> str:
        """The tensor bool[n] of a vector's entries that are one of the values."""
        if not values:
            return self.add("Not", self.add("Equal", tensor, tensor))
        column = self.add("Unsqueeze", tensor, self.constant([1], np.int64))
        same = self.add("Equal", column, self.constant(values, dtype))
        counted = self.add("Cast", same, to=onnx.TensorProto.INT32)
        most = self.add("ReduceMax", counted, self.constant([1], np.int64), keepdims=0)
        return self.add("Cast", most, to=onnx.TensorProto.BOOL)

    def all_of(self, tensors: list[str]) -> str:
        """The conjunction of tensors of bool."""
        return self._folded("And", tensors)

    def any_of(self, tensors: list[str]) -> str:
        """The disjunction of tensors of bool."""
        return self._folded("Or", tensors)

    def _folded(self, operator: str, tensors: list[str]) -> str:
        result = tensors[0]
        for tensor in tensors[1:]:
            result = self.add(operator, result, tensor)
        return result
