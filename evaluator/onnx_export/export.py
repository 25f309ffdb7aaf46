"""Exporting the list itself: heads on top of heads, each a choice between the one before, a patch, and an older
head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from evaluator.decision_list.model import PointerDecisionList
from evaluator.decision_list.nodes import Update
from evaluator.decision_list.parts import Part, load_answer, output_spec
from evaluator.errors import BountyError, ParticipantError
from evaluator.expressions import parse_expression
from evaluator.onnx_export.columns import ROWS, Columns
from evaluator.onnx_export.conditions import Conditions, needed_opset
from evaluator.onnx_export.embedded import Embedder, read_opset
from evaluator.onnx_export.estimators import Estimators
from evaluator.onnx_export.graph import Graph, NotConvertible
from evaluator.onnx_export.linear import add_linear
from evaluator.runtime import OutputSpec, PartError

OPSET = 18  # the first in which every operator used here has the form that it is used in
ML_OPSET = 3
IR_VERSION = 10
OWN_NAMES = ("label", "probabilities", "value")


class ExportError(BountyError):
    """A list that cannot become one graph. The message names the part and says why."""


def export_onnx(model: PointerDecisionList) -> bytes:
    """The ONNX model's bytes, with one input a column, and as outputs `label` and `probabilities`, or `value`.

    Inputs are vectors: double with NaN for missing, or string with "" for missing. `label` holds the label's own
    values. Answers are those of `model.predict` and `predict_proba`, for tables of finite numbers.

    Raises ExportError where a group or a patch is Python, or has no counterpart in a graph.
    """
    return _Exporter(model).run()


class _Exporter:
    def __init__(self, model: PointerDecisionList) -> None:
        self.model = model
        self.graph = Graph(column.name for column in model.schema.features)
        self.columns = Columns(self.graph, model.schema)
        parts = _parts_in_use(model)
        _refuse(model, parts)
        self.opset = max([OPSET, *(self._opset(part, name) for part, name in parts.items())])
        self.output = output_spec(model.schema, model.loss)
        self.names = parts
        self.tensors: dict[Part, str] = {}

    def run(self) -> bytes:
        graph = self.graph
        heads = [self._whole(self._tensor(self.model.base))]
        for node in self.model.nodes:
            pair = self.model.parts[node.key]
            mask = self._tensor(pair.group)
            if self.output.kind == "probabilities":
                mask = graph.add("Unsqueeze", mask, graph.constant([1], np.int64))
            if isinstance(node, Update):
                assert pair.patch is not None  # noqa: S101 - the list checks it
                other = self._tensor(pair.patch)
            else:
                other = heads[node.target]
            heads.append(graph.add("Where", mask, other, heads[-1]))
        return self._finished(self._outputs(heads[-1]))

    def _tensor(self, part: Part) -> str:
        if part not in self.tensors:
            try:
                self.tensors[part] = self._computed(part)
            except (NotConvertible, PartError, ParticipantError) as error:
                raise _refused(self.names[part], error) from error
        return self.tensors[part]

    def _computed(self, part: Part) -> str:
        if part.kind == "expression":
            condition = parse_expression(part.content.decode(), self.model.schema).condition
            return Conditions(self.graph, self.columns).mask(condition)
        if part.kind == "constant":
            load_answer(
                part, self.model.schema, self.model.loss
            )  # refuses what the list could not answer with
            dtype = np.int64 if self.output.kind == "codes" else np.float64
            return self.graph.constant(json.loads(part.content), dtype)
        output = OutputSpec("mask") if part.function == "group" else self.output
        if part.kind == "safetensors":
            return add_linear(self.graph, self.columns, part.content, output)
        if part.kind == "skops":
            return Estimators(self.graph, self.columns).add(part.content, part.function, output)
        return Embedder(self.graph, self.columns, self.opset).add(part.content, part.function, output)

    def _opset(self, part: Part, name: str) -> int:
        """The version of ONNX's operators that a part needs; 0 for any."""
        try:
            if part.kind == "expression":
                return needed_opset(parse_expression(part.content.decode(), self.model.schema).condition)
            return read_opset(part.content) if part.kind == "onnx" else 0
        except (PartError, ParticipantError) as error:
            raise _refused(name, error) from error

    def _whole(self, base: str) -> str:
        """The base model's answers for every row, also where it is a constant."""
        graph, shape = self.graph, self.columns.count
        if self.output.kind == "probabilities":
            width = graph.constant([len(self.output.classes)], np.int64)
            shape = graph.add("Concat", shape, width, axis=0)
        return graph.add("Expand", base, shape)

    def _outputs(self, head: str) -> list[onnx.ValueInfoProto]:
        graph = self.graph
        if self.output.kind == "values":
            graph.name(head, "value")
            return [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [ROWS])]
        values = np.asarray(self.output.classes)
        codes = head
        if self.output.kind == "probabilities":
            codes, probabilities = graph.add("ArgMax", head, axis=1, keepdims=0), head
        else:
            probabilities = graph.add("Gather", graph.constant(np.eye(len(values))), codes, axis=0)
        graph.name(graph.add("Gather", graph.constant(values), codes, axis=0), "label")
        graph.name(probabilities, "probabilities")
        element = helper.np_dtype_to_tensor_dtype(
            np.dtype(object) if values.dtype.kind == "U" else values.dtype
        )
        return [
            helper.make_tensor_value_info("label", element, [ROWS]),
            helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, [ROWS, len(values)]),
        ]

    def _finished(self, outputs: list[onnx.ValueInfoProto]) -> bytes:
        graph = self.graph
        made = helper.make_graph(
            graph.nodes, "decision_list", self.columns.inputs, outputs, initializer=graph.constants
        )
        model = helper.make_model(
            made,
            functions=graph.functions,
            producer_name="bias-bounty",
            opset_imports=[helper.make_opsetid("", self.opset), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model)
        return model.SerializeToString()


def _parts_in_use(model: PointerDecisionList) -> Mapping[Part, str]:
    """Every part that answers, and what it is called."""
    names = {model.base: "the base model"}
    for node in model.nodes:
        pair = model.parts[node.key]
        names.setdefault(pair.group, f"the group of {node.key}")
        if isinstance(node, Update) and pair.patch is not None:
            names.setdefault(pair.patch, f"the patch of {node.key}")
    return names


def _refuse(model: PointerDecisionList, parts: Mapping[Part, str]) -> None:
    for part, name in parts.items():
        if part.is_executable:
            raise ExportError(
                f"{_capital(name)} is of the kind {part.kind}: Python has no counterpart in a graph. Everything else "
                "can be exported."
            )
    for column in model.schema.features:
        if column.name in OWN_NAMES:
            raise ExportError(f"The column `{column.name}` has the name of an output of the graph.")


def _refused(name: str, error: Exception) -> ExportError:
    return ExportError(f"{_capital(name)} cannot be exported: {error}.")


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
