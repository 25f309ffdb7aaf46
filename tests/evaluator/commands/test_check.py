"""`python -m evaluator check`: one line a file, in one sandbox, whatever the files hold."""

import json
import pickle
from contextlib import nullcontext

import numpy as np
import onnx
import pytest
import skops.io
from onnx import TensorProto, helper
from safetensors.numpy import save
from sklearn.tree import DecisionTreeClassifier

from evaluator.__main__ import main
from evaluator.commands import check
from evaluator.errors import PlatformFault, SandboxUnavailable
from evaluator.sandbox import Policy, Sandbox, is_available
from tests.evaluator.worker.orders_world import people

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.usefixtures("lasting_jail"),
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine"),
]

OLD = "def group(X):\n    return X['AGE'] > 60\n"
ILL = "def predict(X):\n    return [1] * len(X)\n"


@pytest.fixture(scope="module")
def jail():
    with Sandbox(Policy(cpu_s=3, wall_s=4, memory_mb=512)) as running:
        yield running


@pytest.fixture
def one_jail(jail, monkeypatch):
    """One jail for many commands: starting one takes longer than most of what is tested here."""
    monkeypatch.setattr(check, "Sandbox", lambda: nullcontext(jail))


@pytest.fixture
def folder(tmp_path):
    people().to_parquet(tmp_path / "people.parquet")
    return tmp_path


@pytest.fixture
def judge(folder, capsys, one_jail):
    """Run check on files given by name and content; the exit status, the JSON lines, standard error."""

    def run(files=(), *options):
        paths = []
        for name, content in dict(files).items():
            path = folder / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            paths.append(str(path))
        table = ["--data", str(folder / "people.parquet"), "--label", "DOCTOR", "--json"]
        status = main(["check", *paths, *table, *options])
        printed = capsys.readouterr()
        return status, [json.loads(line) for line in printed.out.splitlines()], printed.err

    return run


def test_a_group_with_its_patch_has_a_weight_and_a_gain(judge, folder):
    status, (line,), _ = judge({"old.py": OLD + ILL})
    assert status == 0
    assert set(line) == {"file", "group", "patch"}
    assert line["file"] == str(folder / "old.py")
    assert line["group"] == {"status": "ok", "weight": float((people()["AGE"] > 60).mean())}
    patch = line["patch"]
    assert set(patch) == {"status", "loss_base", "loss_patch", "gain"}
    assert patch["status"] == "ok"
    gain = line["group"]["weight"] * (patch["loss_base"] - patch["loss_patch"])
    assert patch["gain"] == pytest.approx(gain)


def test_a_group_alone_is_a_finding(judge):
    _, (line,), _ = judge({"old.py": OLD})
    assert line["group"]["status"] == "ok"
    assert line["patch"] is None


def test_a_patch_alone_answers_all_rows(judge):
    _, (line,), _ = judge({"ill.py": ILL})
    assert line["group"] == {"status": "ok", "weight": 1.0}
    assert line["patch"]["status"] == "ok"


def test_find_group_becomes_its_expression(judge):
    _, (line,), _ = judge({"find.py": "def find_group(X, y, loss):\n    return 'AGE > 60'\n"})
    assert line["group"] == {"status": "ok", "weight": float((people()["AGE"] > 60).mean())}


def test_an_expression_is_a_finding(judge):
    status, lines, _ = judge((), "--expression", "AGE > 60", "--expression", "AGEE > 60")
    assert status == 0
    assert [line["group"]["status"] for line in lines] == ["ok", "bad_expression"]
    assert lines[0] == {
        "file": "AGE > 60",
        "group": {"status": "ok", "weight": float((people()["AGE"] > 60).mean())},
        "patch": None,
    }


def test_an_excluded_column_is_no_feature(judge):
    _, (line,), _ = judge({"old.py": OLD}, "--exclude", "AGE")
    assert line["group"]["status"] == "crashed"


def test_losses_are_taken_against_the_base_on_all_rows(judge, folder):
    (folder / "never.py").write_text("def predict(X):\n    return [0] * len(X)\n")
    _, (line,), _ = judge({"ill.py": ILL}, "--base", str(folder / "never.py"))
    share = float(people()["DOCTOR"].mean())
    assert line["patch"]["loss_base"] == pytest.approx(share)
    assert line["patch"]["loss_patch"] == pytest.approx(1 - share)


def test_a_skops_model_and_weights_are_patches(judge):
    table = people()[["AGE", "INCOME", "DOCTOR"]].dropna()
    model = DecisionTreeClassifier(max_depth=2).fit(table[["AGE", "INCOME"]], table["DOCTOR"])
    _, (line,), _ = judge({"tree.skops": skops.io.dumps(model)})
    assert line["group"]["weight"] == 1.0
    assert line["patch"]["gain"] == pytest.approx(0, abs=0.05)


def test_an_onnx_model_is_a_group_where_its_name_says_so(judge, folder):
    table = people()[["AGE", "INCOME", "DOCTOR"]]
    table.to_parquet(folder / "people.parquet")
    content = old_people_in_onnx()
    _, lines, _ = judge({"old.onnx": content, "old.group.onnx": content})
    assert lines[0]["group"]["weight"] == 1.0
    assert lines[1]["group"] == {"status": "ok", "weight": float((table["AGE"] > 60).mean())}
    assert lines[1]["patch"] is None


def test_safetensors_weights_are_a_patch(judge, folder):
    people()[["AGE", "INCOME", "DOCTOR"]].fillna(0).to_parquet(folder / "people.parquet")
    weights = save({"weight": np.array([[-1.0, 1.0], [0.0, 0.0]]), "bias": np.array([60.0, -60.0])})
    _, (line,), error = judge({"line.safetensors": weights})
    assert line["patch"]["status"] == "ok", error
    assert line["patch"]["loss_patch"] < 0.2


def old_people_in_onnx() -> bytes:
    """float[n, 2] -> int64[n]: whether the first column is above 60."""
    nodes = [
        helper.make_node("Gather", ["X", "first"], ["age"], axis=1),
        helper.make_node("Greater", ["age", "limit"], ["is_old"]),
        helper.make_node("Cast", ["is_old"], ["label"], to=TensorProto.INT64),
    ]
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [], [0]),
        helper.make_tensor("limit", TensorProto.FLOAT, [], [60.0]),
    ]
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, [None])]
    graph = helper.make_graph(nodes, "old", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return onnx.ModelProto.SerializeToString(model)


HOSTILE = {
    "crash.py": ("def group(X):\n    return X['NO_SUCH']\n" + ILL, "crashed", "no_result"),
    "syntax.py": ("def group(X) return", "load_error", "load_error"),
    "nothing.py": ("x = 1", "no_function", "no_function"),
    "exit.py": ("import os\ndef group(X):\n    os._exit(0)\n", "no_result", None),
    "forge.py": ("import os\nfor n in range(3, 99):\n    os.write(n, b'ok' * 99)\n", "crashed", None),
    "order.py": ("import numpy as np\ndef group(X):\n    return np.arange(len(X)) % 2 == 0", "not_rowwise", None),
    "short.py": ("def group(X):\n    return [True]\n", "bad_output", None),
    "garbage.py": ("def find_group(X, y, loss):\n    return '('\n", "bad_expression", None),
    "model.pt": (b"anything", "untrusted_types", "untrusted_types"),
    "model.pkl": (pickle.dumps([1]), "untrusted_types", "untrusted_types"),
    "model.joblib": (pickle.dumps([1]), "untrusted_types", "untrusted_types"),
    "disguised.onnx": (pickle.dumps([1]), "untrusted_types", "untrusted_types"),
    "broken.onnx": (b"not a model", "load_error", "load_error"),
    "broken.skops": (b"not a model", "load_error", "load_error"),
    "broken.zip": (b"not a zip", "load_error", "load_error"),
    "letter.txt": (b"hello", "load_error", "load_error"),
}  # fmt: skip


def test_hostile_files_get_their_class_and_stop_nobody_after_them(judge):
    files = {name: content for name, (content, _, _) in HOSTILE.items()}
    status, lines, _ = judge(files | {"zz_honest.py": OLD + ILL})
    found = {
        line["file"].rsplit("/", 1)[1]: (line["group"]["status"], (line["patch"] or {}).get("status"))
        for line in lines
    }
    assert found == {name: (group, patch) for name, (_, group, patch) in HOSTILE.items()} | {
        "zz_honest.py": ("ok", "ok")
    }
    assert status == 0


def test_tracebacks_go_to_standard_error_in_full(judge):
    _, _, error = judge({"crash.py": "def group(X):\n    return X['NO_SUCH']\n"})
    assert 'File "submission.py", line 2, in group' in error
    assert "KeyError: 'NO_SUCH'" in error


def test_without_json_the_report_is_for_people(folder, capsys):
    (folder / "old.py").write_text(OLD + ILL)
    table = ["--data", str(folder / "people.parquet"), "--label", "DOCTOR"]
    assert main(["check", str(folder / "old.py"), *table]) == 0
    printed = capsys.readouterr().out
    assert "of 1,000 rows" in printed
    assert "gain over all rows" in printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--label", "DOCTR"], "DOCTR"),
        (["--unit", "PERSON"], "PERSON"),
        (["--loss", "squared"], "squared"),
        (["--base", "/no/such/model.onnx"], "is not a file"),
        (["--data", "/no/such/table.csv"], "table.csv"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_clear_line_and_exit_2(judge, options, words):
    status, lines, error = judge({"old.py": OLD}, *options)
    assert (status, lines) == (2, [])
    assert words in error
    assert "Traceback" not in error


def test_a_base_that_is_a_pickle_is_refused(judge, folder):
    (folder / "base.pkl").write_bytes(pickle.dumps([1]))
    status, _, error = judge({"old.py": OLD}, "--base", str(folder / "base.pkl"))
    assert status == 2
    assert "untrusted_types" in error


def test_no_file_and_no_expression_is_a_mistake(judge):
    status, _, error = judge()
    assert status == 2
    assert "--expression" in error


def test_without_a_safe_sandbox_nothing_is_run(judge, monkeypatch):
    def refuse():
        raise SandboxUnavailable("namespaces are not permitted here")

    monkeypatch.setattr(check, "Sandbox", refuse)
    status, lines, error = judge({"old.py": OLD})
    assert (status, lines) == (3, [])
    assert "namespaces are not permitted" in error


def test_a_fault_of_the_sandbox_gets_a_second_try(judge, monkeypatch):
    honest, calls = check.Checker.file, []

    def falter(self, *arguments, **options):
        calls.append(1)
        if len(calls) == 1:
            raise PlatformFault("the jail is gone")
        return honest(self, *arguments, **options)

    monkeypatch.setattr(check.Checker, "file", falter)
    status, (line,), _ = judge({"old.py": OLD})
    assert (status, line["group"]["status"]) == (0, "ok")


def test_a_file_that_could_not_be_judged_is_exit_1(judge, monkeypatch):
    def falter(self, *arguments, **options):
        raise PlatformFault("the jail is gone")

    monkeypatch.setattr(check.Checker, "file", falter)
    status, (line,), error = judge({"old.py": OLD})
    assert (status, line["group"]["status"]) == (1, "fault")
    assert "the jail is gone" in error
