"""Hostile files that are not Python: archives, graphs, pickles."""

from __future__ import annotations

import io
import pickle
import stat
import struct
import zipfile

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
import skops.io
import torch
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import Job, Sandbox, SealedTable

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("lasting_jail")]
CODES = OutputSpec("codes", (0, 1))
PREDICT = b"def predict(X): return X['a'] > 0"


@pytest.fixture(scope="module")
def table(sandbox: Sandbox) -> SealedTable:
    frame = pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50.0)})
    spec = TableSpec((ColumnSpec("a", "number"), ColumnSpec("b", "number")))
    return sandbox.seal(frame, spec, public=True)


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def lying_about_its_size() -> bytes:
    """16 MB of zeros whose directory claims ten bytes."""
    content = zipped(("submission.py", PREDICT), ("zeros", bytes(64 << 20)))
    return content.replace(struct.pack("<I", 64 << 20), struct.pack("<I", 10))


ARCHIVES = {
    "a bomb": (lambda: zipped(("submission.py", PREDICT), ("zeros", bytes(64 << 20))), "too_large"),
    "a bomb that lies": (lying_about_its_size, "load_error"),
    "too many files": (lambda: zipped(*[(f"{i}.txt", b"") for i in range(300)]), "too_large"),
    "a name that climbs": (lambda: zipped(("a/../../../x.py", b"")), "load_error"),
    "an absolute name": (lambda: zipped(("/tmp/x.py", b"")), "load_error"),
    "a name of another system": (lambda: zipped(("..\\x.py", b"")), "load_error"),
    "a name with a line break": (lambda: zipped(("a\nb.txt", b""), ("submission.py", PREDICT)), "load_error"),
    "a name that turns around": (
        lambda: zipped(("\u202eyp.x", b""), ("submission.py", PREDICT)),
        "load_error",
    ),
    "a name that is the folder": (lambda: zipped((".", b"x"), ("submission.py", PREDICT)), "load_error"),
    "a file under a file": (
        lambda: zipped(("submission.py", PREDICT), ("submission.py/x", b"")),
        "load_error",
    ),
    "a link": (lambda: zipped((link("submission.py"), b"/etc/passwd")), "load_error"),
    "a very long name": (lambda: zipped(("x" * 5000, b"")), "load_error"),
    "a pickle inside": (lambda: zipped(("submission.py", PREDICT), ("m.pkl", b"x")), "untrusted_types"),
    "torch weights inside": (lambda: zipped(("submission.py", PREDICT), ("m.pt", b"x")), "untrusted_types"),
    "no Python file": (lambda: zipped(("weights.npy", b"x")), "no_function"),
    "two Python files": (lambda: zipped(("a.py", b""), ("b.py", b"")), "no_function"),
    "not an archive": (lambda: b"PK\x03\x04 nothing", "load_error"),
    "cut short": (lambda: zipped(("submission.py", PREDICT))[:-30], "load_error"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused(name: str, sandbox: Sandbox, table: SealedTable) -> None:
    make, wanted = ARCHIVES[name]
    result = sandbox.run(Job("zip", make(), "predict", CODES), table, explain=True)
    assert result.status == wanted, result.explanation


def graph(nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto] | None = None) -> bytes:
    inputs = inputs or [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    made = helper.make_model(
        helper.make_graph(nodes, "g", inputs, [output]), opset_imports=[helper.make_opsetid("", 18)]
    )
    made.ir_version = 9
    return made.SerializeToString()


def constant(name: str, values: list[int]) -> onnx.NodeProto:
    tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
    return helper.make_node("Constant", [], [name], value=tensor)


def endless_loop() -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c_out"]), helper.make_node("Sqrt", ["v"], ["v_out"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("c_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v_out", TensorProto.FLOAT, None),
        ],
    )
    true = helper.make_node(
        "Constant", [], ["t"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])
    )
    return graph([true, helper.make_node("Loop", ["", "t", "X"], ["y"], body=body)])


def huge() -> bytes:
    return graph(
        [constant("s", [1 << 20, 1 << 18]), helper.make_node("ConstantOfShape", ["s"], ["y"])],
    )


def external() -> bytes:
    made = onnx.load_from_string(graph([helper.make_node("Add", ["X", "w"], ["y"])]))
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    weights.data_location = TensorProto.EXTERNAL
    weights.ClearField("float_data")
    weights.external_data.add(key="location", value="../../etc/passwd")
    made.graph.initializer.append(weights)
    return made.SerializeToString()


GRAPHS = {
    "a huge tensor": (huge, "memory"),
    "a loop without end": (endless_loop, "time"),
    "weights in another file": (external, "load_error"),
    "an unknown operator": (
        lambda: graph([helper.make_node("Evil", ["X"], ["y"], domain="x")]),
        "load_error",
    ),
    "not a graph": (lambda: b"\x08\x09 garbage", "load_error"),
    "an empty file": (lambda: b"", "load_error"),
    "one row only": (
        lambda: graph(
            [helper.make_node("Identity", ["X"], ["y"])],
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, [1, 2])],
        ),
        "load_error",
    ),
    "too many columns": (
        lambda: graph(
            [helper.make_node("Identity", ["X"], ["y"])],
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 3])],
        ),
        "load_error",
    ),
    "an answer of another shape": (
        lambda: graph([helper.make_node("Transpose", ["X"], ["y"])]),
        "bad_output",
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_hostile_graph_is_refused(name: str, sandbox: Sandbox, table: SealedTable) -> None:
    make, wanted = GRAPHS[name]
    result = sandbox.run(Job("onnx", make(), "predict", CODES), table, explain=True)
    assert result.status == wanted, result.explanation


def torch_file() -> bytes:
    out = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, out)
    return out.getvalue()


def joblib_file() -> bytes:
    out = io.BytesIO()
    joblib.dump(LogisticRegression(), out)
    return out.getvalue()


@pytest.mark.parametrize("make", [torch_file, joblib_file, lambda: pickle.dumps({"a": 1})])
@pytest.mark.parametrize("kind", ["python", "zip", "onnx", "skops", "safetensors"])
def test_a_pickle_is_refused_as_any_kind_and_told_how_to_convert(
    make: object, kind: str, sandbox: Sandbox, table: SealedTable
) -> None:
    result = sandbox.run(Job(kind, make(), "predict", CODES), table, explain=True)
    assert result.status == "untrusted_types" and "skops.io.dump" in result.explanation


def test_a_skops_file_with_a_function_of_its_own_is_refused(sandbox: Sandbox, table: SealedTable) -> None:
    content = skops.io.dumps(FunctionTransformer(np.loadtxt))
    result = sandbox.run(Job("skops", content, "predict", CODES), table, explain=True)
    assert result.status == "untrusted_types" and "loadtxt" in result.explanation


def test_a_skops_file_whose_partial_wraps_anything_but_a_check_is_refused(
    sandbox: Sandbox, table: SealedTable
) -> None:
    from functools import partial

    content = skops.io.dumps(FunctionTransformer(partial(np.add, 1)))
    result = sandbox.run(Job("skops", content, "predict", CODES), table, explain=True)
    assert result.status == "untrusted_types" and "functools.partial" in result.explanation


@pytest.mark.parametrize(
    "content", [b"", b"PK", zipped(("schema.json", b"{")), zipped(("schema.json", b"[]"))]
)
def test_a_forged_skops_file_is_refused(content: bytes, sandbox: Sandbox, table: SealedTable) -> None:
    result = sandbox.run(Job("skops", content, "predict", CODES), table, explain=True)
    assert result.status == "load_error", result
