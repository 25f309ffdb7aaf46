"""One graph instead of a list: the same answers everywhere, or a refusal that names the part."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from evaluator.decision_list import PointerDecisionList, Repair, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss
from evaluator.onnx_export import ExportError, export_onnx
from evaluator.schema import Column, Label, Schema
from tests.evaluator.onnx_export.lists import COLUMNS, NUMBERS, made, model_of, network, run, tables

SCHEMA = Schema((Column("AGE", "number"),), Label("SEEN", "binary", (0, 1)))


def agree(model, frame):
    answers = run(model, frame)
    if model.loss.prediction_kind == "values":
        np.testing.assert_allclose(answers["value"], model.predict(frame), rtol=1e-6)
        return
    np.testing.assert_array_equal(answers["label"], model.predict(frame))
    np.testing.assert_allclose(answers["probabilities"], model.predict_proba(frame), rtol=1e-6, atol=1e-9)


@given(st.data(), st.sampled_from(["zero_one", "log", "squared"]))
@settings(max_examples=60, deadline=None)
def test_expressions_and_constants_answer_as_the_list_does(data, loss):
    agree(model_of(data.draw, loss), data.draw(tables()))


@given(st.data(), st.sampled_from(["zero_one", "log", "squared"]))
@settings(max_examples=40, deadline=None)
def test_networks_answer_as_in_the_list(data, loss):
    agree(model_of(data.draw, loss, NUMBERS), data.draw(tables(NUMBERS)))


def small(group=None, patch=None, base=None, loss="zero_one", schema=SCHEMA):
    parts = {"submission:a": GroupAndPatch(group or Part.expression("AGE > 6"), patch or Part.constant(1))}
    return PointerDecisionList(schema, Loss(loss), base or Part.constant(0), [Update("submission:a")], parts)


def test_the_graph_says_what_goes_in_and_what_comes_out():
    graph = onnx.load_model_from_string(export_onnx(small())).graph
    assert [item.name for item in graph.input] == ["AGE"]
    assert [item.name for item in graph.output] == ["label", "probabilities"]


def test_a_model_with_an_input_a_column_is_fed_by_name(tmp_path):
    """SEX as text, JOB as a whole number: 10 for women, and their job's number for others; -1 where unknown."""
    nodes = [
        helper.make_node("LabelEncoder", ["SEX"], ["code"], domain="ai.onnx.ml", keys_strings=["female"],
                         values_int64s=[10], default_int64=0),
        helper.make_node("Add", ["code", "JOB"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["out"], to=TensorProto.DOUBLE),
    ]  # fmt: skip
    inputs = [("SEX", TensorProto.STRING, [None, 1]), ("JOB", TensorProto.INT64, [None, 1])]
    model = onnx.load_model_from_string(made(nodes, [], inputs, TensorProto.DOUBLE))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    patch = Part("onnx", model.SerializeToString(), "predict")
    schema = Schema(COLUMNS[1:3], Label("y", "regression"))
    listed = small(Part.expression("True"), patch, loss="squared", schema=schema)

    @given(tables(COLUMNS[1:3]))
    @settings(max_examples=15, deadline=None)
    def same(frame):
        agree(listed, frame)

    same()


def test_labels_that_are_words_numbers_and_truths_come_out_as_themselves(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"AGE": [1.0, 30.0]})
    for classes in (("no", "yes"), (1, 2), (0.5, 1.5), (False, True)):
        schema = Schema((Column("AGE", "number"),), Label("SEEN", "binary", classes))
        assert run(small(schema=schema), frame)["label"].tolist() == list(classes)


def test_what_is_asked_twice_is_computed_once():
    parts = {
        "submission:a": GroupAndPatch(Part.expression("AGE > 6 and AGE < 18"), Part.constant(1)),
        "submission:b": GroupAndPatch(Part.expression("AGE < 18 or AGE > 6"), Part.constant(0)),
    }
    nodes = [
        Update("submission:a"),
        Update("submission:b"),
        Repair("submission:a", 1),
        Update("submission:b"),
    ]
    model = PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), nodes, parts)
    operators = [node.op_type for node in onnx.load_model_from_string(export_onnx(model)).graph.node]
    assert operators.count("Greater") == 1
    assert operators.count("IsNaN") + operators.count("Abs") <= 1 + 2  # AGE, and two constants


def test_a_column_may_be_called_like_anything():
    schema = Schema((Column("_t1", "number"), Column("__", "number")), Label("y", "binary", (0, 1)))
    assert export_onnx(small(Part.expression("_t1 > __"), schema=schema))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            small(Part("python", b"def group(X): ...", "group")),
            "The group of submission:a is of the kind python",
        ),
        (small(patch=Part("zip", b"PK", "predict")), "The patch of submission:a is of the kind zip"),
        (
            small(base=Part("skops", b"PK", "predict")),
            "The base model cannot be exported: skops could not read",
        ),
        (
            small(base=Part("onnx", b"no model", "predict")),
            "The base model cannot be exported: onnx could not read",
        ),
        (
            small(base=Part("onnx", network(2, 2, 0), "predict")),
            "The base model cannot be exported: .*2 columns",
        ),
        (small(Part.expression("AGEE > 6")), "The group of submission:a cannot be exported: .*AGEE"),
        (small(patch=Part.constant(7)), "The patch of submission:a cannot be exported: .*no class code"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(model, message):
    with pytest.raises(ExportError, match=message):
        export_onnx(model)


def test_a_column_named_like_an_output_is_refused():
    schema = Schema((Column("label", "number"),), Label("y", "binary", (0, 1)))
    with pytest.raises(ExportError, match="`label` has the name of an output"):
        export_onnx(small(Part.expression("label > 0"), schema=schema))


def test_a_part_that_no_node_names_does_not_matter():
    parts = {"submission:x": GroupAndPatch(Part("python", b"", "group"), Part.constant(1))}
    assert export_onnx(PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), [], parts))
