"""Random lists and tables that use every kind of column and part, and the exported graph as a function."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from hypothesis import strategies as st
from onnx import TensorProto, helper

from evaluator.decision_list import PointerDecisionList, Repair, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss
from evaluator.onnx_export import export_onnx
from evaluator.schema import Column, Label, Schema

COLUMNS = (
    Column("AGE", "number", not_applicable=(-1,)),
    Column("SEX", "category", values=("female", "male")),
    Column("JOB", "category", values=(1, 2, 9), not_applicable=(9,)),
    Column("INSURED", "category", values=(False, True)),
    Column("_t0", "number"),
    Column("NOTE", "text"),
)
NUMBERS = COLUMNS[:5]
LABELS = {
    "zero_one": Label("y", "multiclass", ("a", "b", "c")),
    "log": Label("y", "binary", (0, 1)),
    "squared": Label("y", "regression"),
}
ATOMS = st.sampled_from(
    [
        "AGE >= 30",
        "18 <= AGE < 65",
        "AGE != -1",
        "AGE / _t0 > 2",
        "-AGE + 2 * JOB <= _t0",
        "AGE in (-1, 0, 30)",
        "AGE == _t0",
        "1 < 2",
        "AGE / 0 > 1",
        "SEX == 'female'",
        "SEX in ('male', 'female')",
        "SEX != 'male'",
        "JOB == 9",
        "JOB > 1",
        "JOB in (1, 9)",
        "INSURED",
        "INSURED == 0",
        "NOTE == 'hello'",
        "NOTE in ('hello', 'World')",
        "contains(NOTE, 'WORLD')",
        "missing(NOTE)",
        "missing(AGE)",
        "missing(SEX)",
        "missing(JOB)",
        "True",
        "False",
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, inner).map("({0[0]}) and ({0[1]})".format),
        st.tuples(inner, inner).map("({0[0]}) or ({0[1]})".format),
    ),
    max_leaves=5,
)


@st.composite
def tables(draw, columns=COLUMNS):
    rows = draw(st.integers(1, 12))
    cells = {
        "AGE": st.sampled_from([None, -1.0, 0.0, 17.5, 18.0, 30.0, 60.0, 65.0]),
        "SEX": st.sampled_from([None, "female", "male", "unheard of"]),
        "JOB": st.sampled_from([None, 1, 2, 9, 7]),
        "INSURED": st.sampled_from([None, True, False]),
        "_t0": st.sampled_from([None, 0.0, 30.0, -2.5, 1e30]),
        "NOTE": st.sampled_from([None, "hello", "World", "hello World"]),
    }
    return pd.DataFrame(
        {
            column.name: pd.Series(
                draw(st.lists(cells[column.name], min_size=rows, max_size=rows)), dtype=object
            )
            for column in columns
        }
    )


def model_of(draw, loss: str, columns=COLUMNS) -> PointerDecisionList:
    """A list of up to eight nodes over four keys."""
    label = LABELS[loss]
    groups = (
        [draw(EXPRESSIONS) for _ in range(3)] if columns is COLUMNS else ["AGE > 20", "JOB == 2", "INSURED"]
    )
    parts = {
        f"submission:{i}": GroupAndPatch(Part.expression(text), answer(draw, loss, len(columns)))
        for i, text in enumerate(groups)
    }
    if columns is not COLUMNS:
        parts["submission:3"] = GroupAndPatch(
            Part("onnx", positive(len(columns)), "group"), constant(draw, loss)
        )
    nodes = []
    for position in range(draw(st.integers(0, 8))):
        key = draw(st.sampled_from(sorted(parts)))
        target = draw(st.integers(0, position))
        nodes.append(draw(st.sampled_from([Update(key), Repair(key, target)])))
    schema = Schema(columns, label)
    return PointerDecisionList(schema, Loss(loss), answer(draw, loss, len(columns)), nodes, parts)


def constant(draw, loss: str) -> Part:
    if loss == "zero_one":
        return Part.constant(draw(st.integers(0, 2)))
    if loss == "log":
        one = draw(st.sampled_from([0.0, 0.25, 1.0]))
        return Part.constant([1 - one, one])
    return Part.constant(draw(st.floats(-5, 5)))


def answer(draw, loss: str, width: int) -> Part:
    """A constant, or where there is no text a network over all columns."""
    if width == len(COLUMNS) or draw(st.booleans()):
        return constant(draw, loss)
    outputs = {"zero_one": 3, "log": 2, "squared": 1}[loss]
    return Part(
        "onnx",
        network(width, outputs, draw(st.integers(0, 3)), draw(st.sampled_from([13, 18, 21]))),
        "predict",
    )


def network(width: int, outputs: int, seed: int, opset: int = 18) -> bytes:
    """float[n, width] -> shares of `outputs` classes, or one number; a missing value counts as 0."""
    weights = np.random.default_rng(seed).normal(size=(width, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("IsNaN", ["X"], ["gone"]),
        helper.make_node("Where", ["gone", "zero", "X"], ["filled"]),
        helper.make_node("Tanh", ["filled"], ["bounded"]),
        helper.make_node("MatMul", ["bounded", "weights"], ["scores"]),
        helper.make_node("Softmax" if outputs > 1 else "Identity", ["scores"], ["out"]),
    ]
    constants = [
        helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.ravel()),
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
    ]
    return made(nodes, constants, [("X", TensorProto.FLOAT, [None, width])], TensorProto.FLOAT, opset)


def positive(width: int) -> bytes:
    """float[n, width] -> int64[n]: whether the first column is above 25; of a missing one it says no."""
    nodes = [
        helper.make_node("Gather", ["X", "first"], ["age"], axis=1),
        helper.make_node("Greater", ["age", "limit"], ["above"]),
        helper.make_node("Cast", ["above"], ["out"], to=TensorProto.INT64),
    ]
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [], [0]),
        helper.make_tensor("limit", TensorProto.FLOAT, [], [25.0]),
    ]
    return made(nodes, constants, [("X", TensorProto.FLOAT, [None, width])], TensorProto.INT64)


def made(nodes, constants, inputs, output, opset=18) -> bytes:
    graph = helper.make_graph(
        nodes,
        "part",
        [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info("out", output, None)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return onnx.ModelProto.SerializeToString(model)


def run(model: PointerDecisionList, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The exported graph's outputs by name; the table goes in as its documentation says."""
    session = onnxruntime.InferenceSession(export_onnx(model), providers=["CPUExecutionProvider"])
    feed = {}
    for column in model.schema.features:
        if column.is_numeric:
            feed[column.name] = frame[column.name].astype(float).to_numpy()
        else:
            feed[column.name] = frame[column.name].fillna("").to_numpy(dtype=object)
    names = [item.name for item in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))
