"""The shared model as a user meets it: predict, predict_proba, and what fails loudly."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.decision_list import NodeError, PointerDecisionList, Repair, Update
from evaluator.decision_list import model as model_module
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.errors import TableError
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema
from tests.evaluator.decision_list.cases import answers, node_lists

AGE = Column("AGE", "number")
SEX = Column("SEX", "category", values=("female", "male"))
LABEL = Label("SEEN", "multiclass", ("no", "once", "often"))
SCHEMA = Schema((AGE, SEX), LABEL)
ZERO_ONE = Loss("zero_one")

GROUPS = [f"AGE >= {edge} and SEX == '{sex}'" for edge in (10, 20, 30) for sex in ("female", "male")][:5]


def group(text, answer=None):
    return GroupAndPatch(Part.expression(text), None if answer is None else Part.constant(answer))


def people(rng, n):
    return pd.DataFrame(
        {"AGE": rng.integers(0, 40, n).astype(float), "SEX": rng.choice(["female", "male"], n)}
    )


def python_patch(body):
    return Part("python", f"import numpy as np\ndef predict(X):\n    {body}\n".encode(), "predict")


@settings(max_examples=60, deadline=None)
@given(node_lists(), st.integers(0, 2**32 - 1), st.integers(0, 25))
def test_predictions_are_those_of_the_row_by_row_definition(nodes, seed, n):
    frame = people(np.random.default_rng(seed), n)
    parts = {f"submission:{i}": group(text, i % 3) for i, text in enumerate(GROUPS)}
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    X = SCHEMA.conform(frame)
    masks = {key: np.asarray(model._answer(pair.group)(X)) for key, pair in parts.items()}
    patches = {f"submission:{i}": np.full(n, i % 3) for i in range(5)}
    expected = answers(nodes, np.zeros(n, dtype=int), masks, patches)
    np.testing.assert_array_equal(model.predict(frame), np.array(LABEL.classes)[expected])
    np.testing.assert_array_equal(model.predict_proba(frame), np.eye(3)[expected])


def one_patch(patch, text="AGE >= 18", loss=ZERO_ONE, base=None, schema=SCHEMA):
    parts = {"submission:a": GroupAndPatch(Part.expression(text), patch)}
    return PointerDecisionList(schema, loss, base or Part.constant(0), [Update("submission:a")], parts)


FRAME = pd.DataFrame({"AGE": [5.0, 30.0, np.nan], "SEX": ["female", "male", "female"]})


def test_a_patch_answers_inside_its_group_and_the_base_elsewhere():
    assert list(one_patch(Part.constant(2)).predict(FRAME)) == ["no", "often", "no"]


def test_columns_are_taken_by_name_in_any_order_and_others_ignored():
    shuffled = FRAME[["SEX", "AGE"]].assign(EXTRA=1)
    assert list(one_patch(Part.constant(2)).predict(shuffled)) == ["no", "often", "no"]


def test_the_frames_own_index_changes_nothing():
    assert list(one_patch(Part.constant(2)).predict(FRAME.set_index(pd.Index([7, 7, 9])))) == [
        "no",
        "often",
        "no",
    ]


def test_a_missing_column_is_named():
    with pytest.raises(TableError, match="`AGE` is missing"):
        one_patch(Part.constant(2)).predict(FRAME[["SEX"]])


def test_an_empty_table_has_an_empty_answer():
    model = one_patch(Part.constant(2))
    assert model.predict(FRAME.iloc[:0]).shape == (0,)
    assert model.predict_proba(FRAME.iloc[:0]).shape == (0, 3)


def test_a_group_that_answers_with_ones_and_zeros_selects_the_same_rows():
    source = b"def group(X):\n    return (X['AGE'] >= 18).astype(int)\n"
    parts = {"submission:a": GroupAndPatch(Part("python", source, "group"), Part.constant(2))}
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), [Update("submission:a")], parts)
    assert list(model.predict(FRAME)) == ["no", "often", "no"]


def test_a_failing_patch_is_an_error_that_names_the_node_and_no_older_model_answers():
    with pytest.raises(NodeError, match=r"patch of node 1 \(submission:a\).*ZeroDivisionError"):
        one_patch(python_patch("return 1 / 0")).predict(FRAME)


def test_a_patch_that_answers_nan_is_an_error():
    with pytest.raises(NodeError, match="node 1"):
        one_patch(python_patch("return np.full(len(X), np.nan)")).predict(FRAME)


def test_a_patch_is_called_once_on_the_rows_of_its_group_only():
    patch = python_patch(
        "assert (X['AGE'] >= 18).all() and list(X.index) == list(range(len(X))); return np.full(len(X), 2)"
    )
    assert list(one_patch(patch).predict(FRAME)) == ["no", "often", "no"]


def test_a_repair_sends_its_group_back():
    parts = {"submission:a": group("True", 2), "declared:1": group("SEX == 'female'")}
    nodes = [Update("submission:a"), Repair("declared:1", 0)]
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    assert list(model.predict(FRAME)) == ["no", "often", "no"]
    assert list(model.leaves(FRAME)) == [0, 1, 0]


def test_log_loss_has_real_probabilities():
    model = one_patch(Part.constant([0.1, 0.2, 0.7]), loss=Loss("log"), base=Part.constant([0.5, 0.25, 0.25]))
    np.testing.assert_allclose(model.predict_proba(FRAME)[1], [0.1, 0.2, 0.7])
    assert list(model.predict(FRAME)) == ["no", "often", "no"]


def test_a_regression_keeps_fractions_and_has_no_probabilities():
    schema = Schema((AGE, SEX), Label("COST", "regression", low=0, high=1))
    model = one_patch(Part.constant(0.6), loss=Loss("squared"), base=Part.constant(0), schema=schema)
    np.testing.assert_array_equal(model.predict(FRAME), [0.0, 0.6, 0.0])
    with pytest.raises(TypeError, match="COST"):
        model.predict_proba(FRAME)


def test_labels_that_are_numbers_come_back_as_numbers():
    schema = Schema((AGE, SEX), Label("SEEN", "binary", (3, 7)))
    answer = one_patch(Part.constant(1), schema=schema).predict(FRAME)
    assert answer.dtype.kind == "i" and list(answer) == [3, 7, 3]


def test_threads_share_a_model_without_disturbing_each_other():
    parts = {f"submission:{i}": group(text, i % 3) for i, text in enumerate(GROUPS)}
    nodes = [Update(key) for key in parts] + [Repair("submission:0", 2), Update("submission:1")]
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    frames = [people(np.random.default_rng(seed), 200 + seed) for seed in range(16)]
    alone = [model.predict(frame) for frame in frames]
    fresh = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    with ThreadPoolExecutor(8) as pool:
        for expected, found in zip(alone, pool.map(fresh.predict, frames), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_model_still_answers_rightly_after_an_error():
    model = one_patch(python_patch("assert (X['AGE'] < 35).all(); return np.full(len(X), 2)"))
    with pytest.raises(NodeError):
        model.predict(FRAME.assign(AGE=40.0))
    assert list(model.predict(FRAME)) == ["no", "often", "no"]


@pytest.mark.parametrize("rows", [1, 7, 64, 10_000])
def test_a_table_answers_the_same_in_blocks_of_any_size(rows, monkeypatch):
    parts = {f"submission:{i}": group(text, i % 3) for i, text in enumerate(GROUPS)}
    nodes = [Update(key) for key in parts] + [Repair("submission:0", 2), Update("submission:1")]
    built = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    frame = people(np.random.default_rng(0), 150)
    whole, leaves = built.predict(frame), built.leaves(frame)
    monkeypatch.setattr(model_module, "BLOCK_ROWS", rows)
    np.testing.assert_array_equal(built.predict(frame), whole)
    np.testing.assert_array_equal(built.leaves(frame), leaves)


def test_in_a_block_every_group_and_every_leaf_is_asked_once():
    body = "calls.append(len(X))\n    assert len(calls) == 1\n    return X['AGE'] >= 18"
    counted = f"calls = []\ndef group(X):\n    {body}\n".encode()
    patch = python_patch("calls.append(len(X)); assert len(calls) == 1; return np.full(len(X), 2)")
    patch = Part("python", b"calls = []\n" + patch.content, "predict")
    parts = {"submission:a": GroupAndPatch(Part("python", counted, "group"), patch)}
    nodes = [Update("submission:a"), Repair("submission:a", 1), Repair("submission:a", 1)]
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    assert list(model.predict(FRAME)) == ["no", "often", "no"]


def test_an_error_names_the_version_whose_patch_or_group_failed():
    broken = Part("python", b"def group(X):\n    return X['AGE'] / None\n", "group")
    parts = {"submission:a": group("True", 1), "submission:b": GroupAndPatch(broken, Part.constant(1))}
    nodes = [Update("submission:a"), Repair("submission:a", 0), Update("submission:b")]
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    with pytest.raises(
        NodeError, match=r"group of node 3 \(submission:b\), of version 2, failed on 3 rows: TypeError"
    ):
        model.predict(FRAME)


def test_an_unknown_category_is_missing_and_in_no_group():
    model = one_patch(Part.constant(2), "not (SEX == 'female')")
    assert list(model.predict(FRAME.assign(SEX=["male", "never seen", None]))) == ["often", "no", "no"]


def test_a_node_without_parts_is_refused_when_built():
    with pytest.raises(ValueError, match="Node 1 names submission:a"):
        PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), [Update("submission:a")], {})


def test_three_thousand_nodes_answer():
    parts = {"submission:0": group("AGE >= 18", 2), "submission:1": group("SEX == 'female'", 1)}
    nodes = [Update("submission:0") if i % 3 else Repair("submission:1", max(0, i - 2)) for i in range(3000)]
    model = PointerDecisionList(SCHEMA, ZERO_ONE, Part.constant(0), nodes, parts)
    assert list(model.predict(FRAME)) == ["no", "often", "no"]


@pytest.mark.parametrize("answer", [7, 0.5, [0.5, 0.5, 0.0]])
def test_a_constant_that_is_no_class_code_is_refused(answer):
    with pytest.raises(NodeError, match="constant"):
        one_patch(Part.constant(answer)).predict(FRAME)


def test_a_model_loads_where_no_sandbox_could_be():
    """On macOS and Windows: the modules of Linux alone are missing there, and no stranger's code is in most lists."""
    without = "import sys; sys.modules.update(fcntl=None, pwd=None, resource=None); "
    subprocess.run(
        [sys.executable, "-c", f"{without}import evaluator.decision_list.model, evaluator.commands.model"],
        check=True,
        timeout=300,
    )
