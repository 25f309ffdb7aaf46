"""Embedding submitted ONNX models in the graph: fed and read exactly as evaluator.runtime feeds and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, compose, version_converter

from evaluator.onnx_export.columns import Columns
from evaluator.onnx_export.graph import Graph, NotConvertible
from evaluator.runtime import OutputSpec, PartError, TableSpec, load_part
from evaluator.runtime.onnx_part import bind_inputs
from evaluator.schema import Schema


@dataclass(frozen=True)
class Embedder:
    """A converter that puts models into the graph, all of one ONNX opset."""

    graph: Graph
    columns: Columns
    opset: int

    def add(self, content: bytes, function: Any, output: OutputSpec) -> str:
        """The tensor of the model's answers: bool[n], int64[n], double[n] or double[n, K].

        Raises NotConvertible, and PartError where the list itself could not run the model either.
        """
        schema = self.columns.schema
        load_part("onnx", content, function, TableSpec.from_schema(schema), output)
        seen = probe_model(content, schema, rows=len(output.classes) + 3)
        model = convert_opset(onnx.load_model_from_string(content), self.opset)
        prefix = f"{self.graph.prefix}m{len(self.graph.nodes)}_"
        model = compose.add_prefix(model, prefix)
        given = {tensor.name for tensor in model.graph.initializer}
        wanted = [item for item in model.graph.input if item.name not in given]
        for item in wanted:
            self._feed(item, item.name.removeprefix(prefix), alone=len(wanted) == 1)
        self.graph.nodes.extend(model.graph.node)
        self.graph.constants.extend(model.graph.initializer)
        self.graph.functions.extend(model.functions)
        return self._answer([item.name for item in model.graph.output], seen, output)

    def _feed(self, item: onnx.ValueInfoProto, name: str, *, alone: bool) -> None:
        graph, columns = self.graph, self.columns
        element = item.type.tensor_type.elem_type
        shape = item.type.tensor_type.shape.dim
        by_name = {column.name: column for column in columns.schema.features}
        is_column = len(shape) < 2 or (shape[1].HasField("dim_value") and shape[1].dim_value == 1)
        if name in by_name and (not alone or is_column):
            column = by_name[name]
            if element == TensorProto.STRING:
                values = columns.as_words(column)
            else:
                values = self._cast(columns.as_numbers(column), element)
            if len(shape) == 2:
                values = graph.column(values)
        else:
            values = graph.add("Cast", columns.matrix(), to=element)
        graph.name(values, item.name)

    def _cast(self, numbers: str, element: int) -> str:
        graph = self.graph
        if element not in (TensorProto.FLOAT, TensorProto.DOUBLE):  # whole numbers have no NaN
            missing = graph.add("IsNaN", numbers)
            numbers = graph.add("Where", missing, graph.constant(-1.0), numbers)
        return graph.add("Cast", numbers, to=element)

    def _answer(self, names: list[str], seen: list[NDArray[Any]], output: OutputSpec) -> str:
        """The same choices as evaluator.runtime.onnx_part, made on what a few rows gave."""
        graph, rows = self.graph, len(output.classes) + 3
        k = 2 if output.kind == "mask" else len(output.classes)
        if output.kind == "values":
            return self._vector(names[0], TensorProto.DOUBLE)
        tables = [
            name
            for name, array in zip(names, seen, strict=True)
            if array.dtype.kind == "f" and array.shape == (rows, k) and k > 1
        ]
        if output.kind == "probabilities":
            if tables:
                return graph.shares(graph.add("Cast", tables[0], to=TensorProto.DOUBLE))
            one = self._vector(names[-1], TensorProto.DOUBLE)
            return graph.shares(graph.two_shares(graph.column(one)))
        kind = TensorProto.BOOL if output.kind == "mask" else TensorProto.INT64
        if tables:
            return graph.add("Cast", graph.add("ArgMax", tables[0], axis=1, keepdims=0), to=kind)
        if seen[0].dtype.kind == "f" and k == 2:
            first = self._vector(names[0], TensorProto.DOUBLE)
            return graph.add("Cast", graph.add("GreaterOrEqual", first, graph.constant(0.5)), to=kind)
        if seen[0].dtype.kind in "OU":
            return self.columns.places(graph.flat(names[0]), [str(name) for name in output.classes])
        return self._vector(names[0], kind)

    def _vector(self, tensor: str, element: int) -> str:
        return self.graph.add("Cast", self.graph.flat(tensor), to=element)


def probe_model(content: bytes, schema: Schema, rows: int) -> list[NDArray[Any]]:
    """The model's own answers on rows where every number is 0 and every word the column's first."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    frame = pd.DataFrame(
        {
            column.name: [0.0 if column.is_numeric else str(column.values[0]) if column.values else "a"]
            * rows
            for column in schema.features
        }
    )
    feed = bind_inputs(session, TableSpec.from_schema(schema))
    return [np.asarray(array) for array in session.run(None, feed(schema.conform(frame)))]


def read_opset(content: bytes) -> int:
    """The ONNX opset of a model. Raises PartError for what is no model."""
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own types
        raise PartError("load_error", f"onnx could not read the model: {str(error)[:200]}") from error
    return max((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), default=1)


def convert_opset(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """The model in another ONNX opset. Raises NotConvertible where a node has no counterpart there."""
    versions = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
    if not versions or versions == [opset]:
        return model
    try:
        return version_converter.convert_version(model, opset)
    except Exception as error:  # onnx raises types of its C++ library
        reason = str(error).splitlines()[0][:200]
        raise NotConvertible(
            f"it cannot be brought to version {opset} of ONNX's operators: {reason}"
        ) from error
