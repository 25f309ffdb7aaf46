"""Linear models in safetensors as graph nodes, with the choices of evaluator.runtime.linear_part."""

from __future__ import annotations

from onnx import TensorProto

from evaluator.onnx_export.columns import Columns
from evaluator.onnx_export.graph import Graph, NotConvertible
from evaluator.runtime import OutputSpec, TableSpec
from evaluator.runtime.linear_part import linear_weights


def add_linear(graph: Graph, columns: Columns, content: bytes, output: OutputSpec) -> str:
    """The tensor of a linear model's answers. Raises PartError where the list itself could not load it either."""
    spec = TableSpec.from_schema(columns.schema)
    if spec.has_text:
        raise NotConvertible("the data have text columns, which a matrix of numbers cannot hold")
    weight, bias = linear_weights(content, spec, output)
    matrix = columns.matrix()
    known = graph.add("Where", graph.add("IsNaN", matrix), graph.constant(0.0), matrix)
    scores = graph.add("MatMul", known, graph.constant(weight))
    scores = graph.add("Add", scores, graph.constant(bias))
    if output.kind == "values":
        return graph.flat(scores)
    single = weight.shape[1] == 1
    if output.kind == "probabilities":
        return graph.shares(graph.two_shares(graph.chances(scores)) if single else graph.softmax(scores))
    if not single:
        return graph.add("ArgMax", scores, axis=1, keepdims=0)
    above = graph.add("Greater", graph.flat(scores), graph.constant(0.0))
    return above if output.kind == "mask" else graph.add("Cast", above, to=TensorProto.INT64)
