"""`python -m evaluator predict` and `export`: a downloaded model, a table, and nothing else."""

from contextlib import nullcontext

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skops.io

from evaluator.__main__ import main
from evaluator.commands import model as commands_model
from evaluator.decision_list import PointerDecisionList, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.fitting import learners
from evaluator.losses import Loss
from evaluator.sandbox import Policy, Sandbox, is_available
from evaluator.schema import Column, Label, Schema

SCHEMA = Schema(
    (Column("AGE", "number"), Column("SEX", "category", values=("female", "male"))),
    Label("SEEN", "binary", ("no", "yes")),
)
FRAME = pd.DataFrame({"SEX": ["male", "female", None], "AGE": [70.0, 30.0, np.nan], "ID": [1, 2, 3]})
ANSWERS = ["yes", "no", "no"]
PYTHON = b"def group(X):\n    return X['AGE'] > 60\n"
needs_jail = pytest.mark.skipif(not is_available(), reason="no sandbox on this machine")


@pytest.fixture
def folder(tmp_path):
    FRAME.to_csv(tmp_path / "people.csv", index=False)
    FRAME.to_parquet(tmp_path / "people.parquet")
    save(tmp_path / "model.zip")
    save(tmp_path / "python.zip", Part("python", PYTHON, "group"))
    return tmp_path


def save(path, group=None, loss="zero_one", patch=None):
    parts = {"submission:a": GroupAndPatch(group or Part.expression("AGE > 60"), patch or Part.constant(1))}
    base = Part.constant(0) if loss == "zero_one" else Part.constant([0.75, 0.25])
    PointerDecisionList(SCHEMA, Loss(loss), base, [Update("submission:a")], parts).save(path)


def predict(folder, model="model.zip", table="people.csv", *options):
    return main(["predict", str(folder / model), str(folder / table), *options])


@pytest.mark.parametrize("table", ["people.csv", "people.parquet"])
def test_answers_come_in_the_tables_order_under_the_labels_name(folder, capsys, table):
    assert predict(folder, "model.zip", table) == 0
    assert capsys.readouterr().out.splitlines() == ["SEEN", *ANSWERS]


@pytest.mark.parametrize(("name", "read"), [("out.csv", pd.read_csv), ("out.parquet", pd.read_parquet)])
def test_answers_are_written_to_a_file(folder, capsys, name, read):
    assert predict(folder, "model.zip", "people.csv", "--out", str(folder / name)) == 0
    assert read(folder / name)["SEEN"].tolist() == ANSWERS
    assert capsys.readouterr().out == ""


def test_probabilities_have_a_column_a_class(folder, capsys):
    save(folder / "log.zip", loss="log", patch=Part.constant([0.5, 0.5]))
    assert predict(folder, "log.zip", "people.csv", "--proba") == 0
    assert capsys.readouterr().out.splitlines() == ["no,yes", "0.5,0.5", "0.75,0.25", "0.75,0.25"]


def test_python_runs_with_trust(folder, capsys):
    assert predict(folder, "python.zip", "people.csv", "--trust") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ANSWERS


@pytest.fixture(scope="module")
def jail():
    with Sandbox(Policy(cpu_s=3, wall_s=4, memory_mb=512)) as running:
        yield running


@needs_jail
@pytest.mark.sandbox
def test_python_runs_in_the_sandbox_without_trust(folder, capsys, jail, monkeypatch):
    monkeypatch.setattr(commands_model, "Sandbox", lambda: nullcontext(jail))
    trace = folder / "trace"
    seen = PYTHON.replace(b"return", f"open({str(trace)!r}, 'w')\n    return".encode())
    save(folder / "curious.zip", Part("python", seen, "group"))
    assert predict(folder, "python.zip") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ANSWERS
    assert predict(folder, "curious.zip") == 1
    assert not trace.exists()
    assert "the group of node 1 (submission:a), of version 1, failed" in capsys.readouterr().err


@needs_jail
@pytest.mark.sandbox
def test_a_patch_in_the_sandbox_answers_its_own_rows(folder, capsys, jail, monkeypatch):
    monkeypatch.setattr(commands_model, "Sandbox", lambda: nullcontext(jail))
    patch = Part("python", b"def predict(X):\n    return X['AGE'] > 50\n", "predict")
    save(folder / "patched.zip", Part.expression("missing(AGE) or AGE > 60"), patch=patch)
    assert predict(folder, "patched.zip") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["yes", "no", "no"]


def test_python_is_refused_where_there_is_neither_trust_nor_a_sandbox(folder, capsys, monkeypatch):
    monkeypatch.setattr(commands_model, "why_unavailable", lambda: "namespaces are not permitted here")
    assert predict(folder, "python.zip") == 3
    said = capsys.readouterr().err
    assert "namespaces are not permitted here" in said and "--trust" in said
    assert predict(folder, "model.zip") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.zip", "people.csv"), "There is no file"),
        (("people.csv", "people.csv"), "not a saved decision list"),
        (("model.zip", "none.csv"), "There is no file none.csv"),
        (("model.zip", "people.csv", "--out", "answers.xlsx"), "written as .csv or .parquet"),
        (("model.zip", "people.csv", "--out", "/no/such/folder/a.csv"), "There is no folder"),
    ],
)
def test_what_cannot_be_answered_is_refused(folder, capsys, arguments, said):
    assert predict(folder, *arguments) == 2
    printed = capsys.readouterr()
    assert said in printed.err and not printed.out


def test_a_table_without_a_column_is_refused_by_its_name(folder, capsys):
    FRAME.drop(columns="AGE").to_csv(folder / "other.csv", index=False)
    assert predict(folder, "model.zip", "other.csv") == 2
    assert "Column `AGE` is missing" in capsys.readouterr().err


def test_a_patch_that_fails_is_named(folder, capsys):
    save(folder / "bad.zip", patch=Part("python", b"def predict(X):\n    raise KeyError('X')\n", "predict"))
    assert predict(folder, "bad.zip", "people.csv", "--trust") == 1
    assert (
        "the patch of node 1 (submission:a), of version 1, failed on 1 rows: KeyError"
        in capsys.readouterr().err
    )


def test_a_list_of_fitted_patches_is_exported(folder, capsys):
    X = SCHEMA.conform(pd.concat([FRAME] * 20))
    fitted = learners.fit("forest", X, np.arange(60) % 2, SCHEMA, Loss("zero_one"))
    save(folder / "fitted.zip", patch=Part("skops", skops.io.dumps(fitted), "predict"))
    assert main(["export", str(folder / "fitted.zip"), "--onnx", str(folder / "fitted.onnx")]) == 0
    session = onnxruntime.InferenceSession((folder / "fitted.onnx").read_bytes())
    feed = {"AGE": FRAME["AGE"].to_numpy(), "SEX": FRAME["SEX"].fillna("").to_numpy(dtype=object)}
    model = PointerDecisionList.load(folder / "fitted.zip")
    assert session.run(["label"], feed)[0].tolist() == model.predict(FRAME).tolist()


def test_an_exported_graph_answers_as_the_model(folder, capsys):
    assert main(["export", str(folder / "model.zip"), "--onnx", str(folder / "model.onnx")]) == 0
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    feed = {"AGE": FRAME["AGE"].to_numpy(), "SEX": FRAME["SEX"].fillna("").to_numpy(dtype=object)}
    assert session.run(["label"], feed)[0].tolist() == ANSWERS


def test_what_cannot_be_exported_is_named_and_nothing_is_written(folder, capsys):
    assert main(["export", str(folder / "python.zip"), "--onnx", str(folder / "model.onnx")]) == 1
    assert "The group of submission:a is of the kind python" in capsys.readouterr().err
    assert not (folder / "model.onnx").exists()


@pytest.mark.parametrize("model", ["none.zip", "people.csv"])
def test_what_is_no_model_is_not_exported(folder, capsys, model):
    assert main(["export", str(folder / model), "--onnx", str(folder / "model.onnx")]) == 2
    assert capsys.readouterr().err.startswith("export: ")
