"""How columns become the inputs of an ONNX graph, and its outputs answers."""

from __future__ import annotations

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from evaluator.runtime import ColumnSpec, OutputSpec, PartError, TableSpec, load_part

SPEC = TableSpec(
    (
        ColumnSpec("age", "number"),
        ColumnSpec("sex", "category", ("female", "male")),
    )
)
X = pd.DataFrame(
    {
        "age": [10.0, 60.0, 30.0],
        "sex": pd.Categorical(["male", None, "female"], categories=["female", "male"]),
    }
)


def graph(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, tuple[int, list[object]]],
    outputs: dict[str, int],
) -> bytes:
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
    )
    made.ir_version = 9
    return made.SerializeToString()


def identity(kind: int, name: str, shape: list[object]) -> bytes:
    return graph([helper.make_node("Identity", [name], ["y"])], {name: (kind, shape)}, {"y": kind})


def answer(content: bytes, output: OutputSpec) -> list[object]:
    return load_part("onnx", content, "predict", SPEC, output)(X).tolist()


@pytest.mark.parametrize("shape", [[None], [None, 1], ["n", 1]])
@pytest.mark.parametrize(
    "kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.INT32]
)
def test_an_input_named_after_a_column_gets_that_column(kind: int, shape: list[object]) -> None:
    assert answer(identity(kind, "age", shape), OutputSpec("values")) == [10, 60, 30]


def test_inputs_named_after_columns_come_in_any_order() -> None:
    nodes = [
        helper.make_node("Cast", ["sex"], ["s"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["s", "age"], ["y"]),
    ]
    inputs = {"sex": (TensorProto.INT64, [None, 1]), "age": (TensorProto.FLOAT, [None, 1])}
    content = graph(nodes, inputs, {"y": TensorProto.FLOAT})
    assert answer(content, OutputSpec("values")) == [11, 59, 30]  # a missing category is -1


def test_one_matrix_gets_all_columns_in_the_schema_s_order() -> None:
    axes = helper.make_node(
        "Constant", [], ["one"], value=helper.make_tensor("one", TensorProto.INT64, [1], [0])
    )
    gather = helper.make_node("Gather", ["X", "one"], ["y"], axis=1)
    content = graph([axes, gather], {"X": (TensorProto.FLOAT, [None, 2])}, {"y": TensorProto.FLOAT})
    assert answer(content, OutputSpec("values")) == [10, 60, 30]


def test_a_string_input_gets_the_category_s_own_text() -> None:
    label = helper.make_node(
        "LabelEncoder", ["sex"], ["y"], domain="ai.onnx.ml", keys_strings=["male"], values_floats=[1.0]
    )
    made = onnx.load_from_string(
        graph([label], {"sex": (TensorProto.STRING, [None, 1])}, {"y": TensorProto.FLOAT})
    )
    made.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    assert answer(made.SerializeToString(), OutputSpec("mask")) == [True, False, False]


def two_outputs() -> bytes:
    """A label that numbers the classes from 1, and a table of probabilities."""
    table = np.array([[0.1, 0.9]], dtype="float32")
    nodes = [
        helper.make_node("Constant", [], ["p"], value=onnx.numpy_helper.from_array(table, "p")),
        helper.make_node("Constant", [], ["z"], value=onnx.numpy_helper.from_array(np.float32([0]), "z")),
        helper.make_node("Mul", ["age", "z"], ["zeros"]),
        helper.make_node("Add", ["zeros", "p"], ["probabilities"]),
        helper.make_node("Add", ["age", "z"], ["label"]),
    ]
    return graph(
        nodes,
        {"age": (TensorProto.FLOAT, [None, 1])},
        {"label": TensorProto.FLOAT, "probabilities": TensorProto.FLOAT},
    )


def test_a_table_of_probabilities_is_preferred_to_a_label() -> None:
    assert answer(two_outputs(), OutputSpec("codes", (1, 2))) == [1, 1, 1]
    chances = answer(two_outputs(), OutputSpec("probabilities", (1, 2)))
    np.testing.assert_allclose(chances, [[0.1, 0.9]] * 3, rtol=1e-6)


def test_one_number_a_row_that_is_no_probability_is_refused() -> None:
    with pytest.raises(PartError, match="between 0 and 1"):
        answer(identity(TensorProto.FLOAT, "age", [None, 1]), OutputSpec("codes", (0, 1)))


def test_an_input_that_is_no_column_is_named() -> None:
    nodes = [helper.make_node("Add", ["height", "age"], ["y"])]
    inputs = {name: (TensorProto.FLOAT, [None, 1]) for name in ("height", "age")}
    with pytest.raises(PartError, match="'height' is not a column"):
        answer(graph(nodes, inputs, {"y": TensorProto.FLOAT}), OutputSpec("values"))


def test_text_for_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(PartError, match="the column holds numbers"):
        answer(identity(TensorProto.STRING, "age", [None, 1]), OutputSpec("values"))


def test_long_tables_are_run_in_batches_and_answered_in_order() -> None:
    rows = 150_000
    long = pd.DataFrame({"age": np.arange(rows, dtype=float), "sex": pd.Categorical(["male"] * rows)})
    part = load_part(
        "onnx", identity(TensorProto.DOUBLE, "age", [None, 1]), "predict", SPEC, OutputSpec("values")
    )
    np.testing.assert_array_equal(part(long), np.arange(rows))
