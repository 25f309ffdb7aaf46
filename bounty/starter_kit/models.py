"""The kit's examples as model files: skops and ONNX."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import onnx
import skops.io
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from bounty.starter_kit.code import zip_files
from bounty.starter_kit.example import Example

OPSET, IR = 17, 8
# No column is called so: inputs bear the columns' names.
OURS = "kit:"


def skops_group(example: Example) -> bytes:
    """The group as a skops file: a tree that knows its range or value by its own columns."""
    name = example.group.column.name
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    columns = example.X[[name]]
    if not example.group.column.is_numeric:
        encode = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        )
        return _skops(make_pipeline(encode, tree).fit(columns, example.inside))
    return _skops(tree.fit(columns, example.inside))


def skops_patch(example: Example) -> bytes:
    """The patch as a skops file: boosting on all columns but text, fitted on the group's train rows."""
    kinds = {c.name: c for c in example.schema.features if c.kind != "text"}
    X = example.X[list(kinds)][example.where]
    words = [name for name, column in kinds.items() if not column.is_numeric]
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = make_column_transformer((encode, words), remainder="passthrough")
    kind = HistGradientBoostingRegressor if example.kind == "values" else HistGradientBoostingClassifier
    boosting = kind(max_iter=40, learning_rate=0.1, max_leaf_nodes=8, random_state=0)
    with threadpool_limits(1):  # threads that wait for each other cost more than so small a fit
        return _skops(make_pipeline(columns, boosting).fit(X, _labels(example)))


def _labels(example: Example) -> NDArray[np.generic]:
    return np.asarray(example.y[example.where])


def _skops(model: object) -> bytes:
    """The model as skops writes it, with objects numbered in order: addresses in memory would differ at each build."""
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    text = files.pop("schema.json").decode()
    ids = dict.fromkeys(re.findall(r'"__id__": (\d+)', text))
    ids |= dict.fromkeys(name.partition(".")[0] for name in files)
    numbers = {one: str(i) for i, one in enumerate(ids, 1)}
    pattern = re.compile(r'(?<="__id__": )(\d+)|(?<=")(\d+)(?=\.(?:npy|npz)")')
    text = pattern.sub(lambda match: numbers[match.group()], text)
    json.loads(text)
    renamed = {_renamed(name, numbers): content for name, content in files.items()}
    return zip_files({"schema.json": text.encode(), **renamed})


def _renamed(name: str, numbers: dict[str, str]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{numbers.get(stem, stem)}{dot}{suffix}"


def onnx_group(example: Example) -> bytes | None:
    """The group as an ONNX graph, where it is a range of a number; None for any other group."""
    group = example.group
    if group.column.name not in example.linear.columns or (group.low is None and group.high is None):
        return None
    name = group.column.name
    nodes, constants, last = [], [], []
    for word, bound, operator in (("low", group.low, "GreaterOrEqual"), ("high", group.high, "Less")):
        if bound is not None:
            constants.append(numpy_helper.from_array(np.array([bound], dtype=np.float64), OURS + word))
            nodes.append(helper.make_node(operator, [name, OURS + word], [f"{OURS}is_{word}"]))
            last.append(f"{OURS}is_{word}")
    nodes.append(helper.make_node("And", [last[0], last[-1]], [OURS + "inside"]))
    return _onnx(
        "group", nodes, constants, [name], (OURS + "inside", TensorProto.BOOL, 1), TensorProto.DOUBLE
    )


def onnx_patch(example: Example) -> bytes | None:
    """The linear model as an ONNX graph with one input a column, by name; None where no column is a plain number."""
    linear = example.linear
    if not linear.columns:
        return None
    nodes, constants = [], []
    for i, (name, fill) in enumerate(zip(linear.columns, linear.fill, strict=True)):
        constants.append(numpy_helper.from_array(np.array([fill], dtype=np.float32), f"{OURS}fill_{i}"))
        nodes.append(helper.make_node("IsNaN", [name], [f"{OURS}missing_{i}"]))
        nodes.append(
            helper.make_node("Where", [f"{OURS}missing_{i}", f"{OURS}fill_{i}", name], [f"{OURS}known_{i}"])
        )
    known = [f"{OURS}known_{i}" for i in range(len(linear.columns))]
    values = example.kind == "values"
    nodes += [
        helper.make_node("Concat", known, [OURS + "table"], axis=1),
        helper.make_node("MatMul", [OURS + "table", OURS + "weights"], [OURS + "product"]),
        helper.make_node(
            "Add", [OURS + "product", OURS + "bias"], [OURS + "answers" if values else OURS + "scores"]
        ),
    ]
    if not values:
        nodes.append(helper.make_node("Softmax", [OURS + "scores"], [OURS + "answers"], axis=1))
    constants += [
        numpy_helper.from_array(np.array(linear.weights, dtype=np.float32), OURS + "weights"),
        numpy_helper.from_array(np.array(linear.bias, dtype=np.float32), OURS + "bias"),
    ]
    output = (OURS + "answers", TensorProto.FLOAT, example.outputs)
    return _onnx("patch", nodes, constants, list(linear.columns), output, TensorProto.FLOAT)


def _onnx(
    name: str,
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    columns: list[str],
    output: tuple[str, int, int],
    kind: int,
) -> bytes:
    inputs = [helper.make_tensor_value_info(column, kind, ["rows", 1]) for column in columns]
    answer = helper.make_tensor_value_info(output[0], output[1], ["rows", output[2]])
    graph = helper.make_graph(nodes, name, inputs, [answer], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content
