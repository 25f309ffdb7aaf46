"""The kit's own files, kind of task by kind of task: what they say, and that they are the same each time."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bounty.exploration.binning import Bin
from bounty.starter_kit import build, code
from bounty.starter_kit.example import Example, LinearModel, build_example
from bounty.starter_kit.notebook import build_notebook
from bounty.starter_kit.readme import build_readme
from evaluator.expressions import parse_expression
from evaluator.losses import Loss
from tests.world import SCHEMA

KINDS = ("codes", "probabilities", "values")
AGE, SEX = SCHEMA.columns[:2]
ROWS = 60


def example(kind: Any, group: Bin | None = None) -> Example:
    """Sixty rows whose label follows the age, and a model of two numbers for them."""
    rng = np.random.default_rng(0)
    group = group or Bin(AGE, low=6.0, high=40.0)
    X = pd.DataFrame(
        {
            "AGE": rng.integers(0, 90, ROWS).astype(float),
            "SEX": rng.choice(["female", "male"], ROWS),
            "INCOME": rng.uniform(1, 9, ROWS),
            "VISITS": rng.uniform(1, 9, ROWS),
        }
    )
    expression = parse_expression(group.condition, SCHEMA)
    outputs = 1 if kind == "values" else 2
    return Example(
        schema=SCHEMA, kind=kind, group=group, words=expression.words(), X=X, y=(X["AGE"] > 45).to_numpy(dtype=int),
        inside=expression.mask(X), where=np.ones(ROWS, dtype=bool),
        linear=LinearModel(("AGE", "INCOME"), (30.0, 5.0), tuple(
            tuple(float(i + j) for j in range(outputs)) for i in range(2)), (0.5,) * outputs),
    )  # fmt: skip


def call(source: str, name: str, *arguments: Any) -> Any:
    """What a function of a generated file answers."""
    space: dict[str, Any] = {}
    exec(compile(source, name, "exec"), space)
    return space[name](*arguments)


# --- a group ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("group", "line"),
    [
        (Bin(AGE, low=6.0, high=40.0), "return (X['AGE'] >= 6.0) & (X['AGE'] < 40.0)"),
        (Bin(AGE, high=6.0), "return (X['AGE'] < 6.0)"),
        (Bin(AGE, values=(5,)), "return X['AGE'] == 5.0"),
        (Bin(SEX, values=("female",)), "return X['SEX'] == 'female'"),
        (Bin(SEX, values=("female", "male")), "return X['SEX'].isin(['female', 'male'])"),
        (Bin(AGE, missing=True), "return X['AGE'].isna()"),
    ],
)
def test_a_group_in_python_is_its_bin_in_pandas(group, line):
    made = example("codes", group)
    source = code.group_file(made)
    assert line in source
    assert f"# {made.words}\n" in source
    assert call(source, "group", made.X).tolist() == made.inside.tolist()


@pytest.mark.parametrize(
    "group", [Bin(AGE, low=6.0, high=40.0), Bin(SEX, values=("female",))], ids=["a range", "a value"]
)
def test_the_search_returns_an_expression_of_the_worst_rows(group):
    made = example("codes", group)
    found = call(code.search_file(made), "find_group", made.X, made.y, made.inside.astype(float))
    mask = parse_expression(found, SCHEMA).mask(made.X)
    assert made.inside[mask].mean() > made.inside.mean()


# --- a patch ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_patch_in_python_answers_as_its_task_asks(kind):
    made = example(kind)
    answers = call(code.patch_file(made), "predict", made.X)
    table = made.X[["AGE", "INCOME"]].to_numpy()
    scores = table @ np.array(made.linear.weights) + np.array(made.linear.bias)
    if kind == "codes":
        assert answers.tolist() == scores.argmax(axis=1).tolist()
    elif kind == "probabilities":
        assert answers.shape == (ROWS, 2)
        assert answers.sum(axis=1) == pytest.approx(1)
    else:
        assert answers == pytest.approx(scores[:, 0])


def test_a_patch_fills_what_is_missing():
    made = example("values")
    gaps = made.X.assign(AGE=np.nan)
    filled = made.X.assign(AGE=30.0)
    source = code.patch_file(made)
    assert call(source, "predict", gaps).tolist() == call(source, "predict", filled).tolist()


def test_group_and_patch_in_one_file_have_the_weights_beside_them():
    made = example("codes")
    with zipfile.ZipFile(io.BytesIO(code.group_and_patch_zip(made))) as archive:
        assert archive.namelist() == ["submission.py", "weights.json"]
        assert json.loads(archive.read("weights.json")) == made.linear.to_json()
        source = archive.read("submission.py").decode()
    assert "def group(X):" in source
    assert "def predict(X):" in source


# --- which files there are -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_range_of_a_number_has_an_example_of_every_kind(kind):
    assert set(build.example_files(example(kind))) == {
        "expression.txt", "group.py", "find_group.py", "patch.py", "group_and_patch.zip", "example.group.skops",
        "patch.skops", "example.group.onnx", "patch.onnx",
    }  # fmt: skip


def test_a_group_that_is_no_range_has_no_graph():
    names = set(build.example_files(example("codes", Bin(SEX, values=("female",)))))
    assert "example.group.onnx" not in names
    assert "patch.onnx" in names


def test_without_plain_numbers_there_is_no_graph_of_a_patch():
    made = example("codes", Bin(SEX, values=("female",)))
    bare = Example(**{**vars(made), "linear": LinearModel((), (), (), (0.0, 0.0))})
    assert not [name for name in build.example_files(bare) if name.endswith(".onnx")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_example_gives_the_same_files(kind):
    assert build.example_files(example(kind)) == build.example_files(example(kind))


def test_a_zip_knows_neither_the_time_nor_the_order():
    first = code.zip_files({"b": b"2", "a": b"1"})
    assert first == code.zip_files({"a": b"1", "b": b"2"})
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert [(one.filename, one.date_time) for one in archive.infolist()] == [
            ("a", code.LONG_AGO),
            ("b", code.LONG_AGO),
        ]


# --- the notebook ----------------------------------------------------------------------------------------------------
def cells(content: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


@pytest.mark.parametrize(
    ("kind", "loss", "line"),
    [
        ("codes", Loss("zero_one"), "return (truth != answer).astype(float)"),
        ("codes", Loss("cost", costs=((0, 1), (2, 0))), 'np.array(SCHEMA["loss"]["costs"])[truth, answer]'),
        ("probabilities", Loss("log"), "np.log(np.maximum(given, 0.001))"),
        ("values", Loss("squared", low=0, high=9), '(LOSS["high"] - LOSS["low"])) ** 2'),
        ("values", Loss("absolute", low=0, high=9), "np.abs(truth - answer)"),
    ],
    ids=lambda value: value.name if isinstance(value, Loss) else "",
)
def test_the_notebook_computes_the_competitions_loss(kind, loss, line):
    text = "\n".join(cells(build_notebook(example(kind), loss, "Who is ill", "SEEN")))
    assert line in text
    assert ("HistGradientBoostingRegressor" in text) == (kind == "values")
    assert ("_all_classes" in text) == (kind == "probabilities")


def test_the_notebook_tells_its_steps_in_order():
    content = build_notebook(example("codes"), Loss("zero_one"), "Who is ill", "SEEN")
    headings = [cell.split("\n")[0] for cell in cells(content) if cell.startswith("#")]
    assert headings == [
        "# Who is ill", "## Where the model errs", "## A group", "## A patch", "## Files to submit",
        "## Check it in the site's sandbox",
    ]  # fmt: skip
    assert "LABEL = 'SEEN'" in cells(content)[1]


# --- the README ------------------------------------------------------------------------------------------------------
NAMES = [
    "README.txt",
    "start.ipynb",
    "train.parquet",
    "examples/group.py",
    "examples/patch.py",
    "examples/patch.onnx",
]


@pytest.fixture
def text(world) -> str:
    world.competition.title = "Who sees\na doctor"
    return build_readme(world.competition, world.competition.head(), example("codes"), NAMES[1:])


def test_the_readme_begins_with_the_title_in_one_line_and_the_version(text):
    assert text.startswith("Who sees a doctor\nStarter kit, version 0 of the shared model\n")


def test_the_readme_tells_every_file_in_a_line(text):
    lines = {
        line.split()[0]: line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith("  ")
    }
    assert lines["train.parquet"] == "public rows on which the base model and fitted patches learn"
    assert lines["examples/group.py"] == "a group in Python: group(X)"
    assert lines["examples/patch.onnx"] == "a patch as an ONNX graph"


def test_the_readme_names_the_examples_group_in_words_and_as_an_expression(text):
    made = example("codes")
    assert f"The examples are about one group: {made.words}\nAs an expression: {made.expression}\n" in text


def test_the_readmes_commands_are_those_of_the_check(text):
    expression = example("codes").expression
    assert (
        "  python -m evaluator check examples/group.py examples/patch.py --data explore.parquet --label SEEN\n"
        f"  python -m evaluator check --expression '{expression}' --data explore.parquet --label SEEN\n"
    ) in text


def test_the_readme_says_what_is_secret_and_what_is_refused(text):
    assert "Pickles are refused: loading one can run\nanything." in text
    assert text.endswith(
        "Everything here is about public rows; the verdict is reached on rows that stay secret.\n"
    )


def test_the_readme_says_why_there_is_no_onnx_only_where_there_is_none(world, text):
    without = build_readme(world.competition, world.competition.head(), example("codes"), NAMES[1:-1])
    said = (
        "(No ONNX examples: they are written for columns of plain numbers, which this table does not have.)"
    )
    assert said in without
    assert "No ONNX" not in text


def test_every_file_of_a_kit_is_told_in_its_readme(make, settings, tmp_path):
    settings.HOME = tmp_path / "home"
    competition = make(learnable=True).competition
    head = competition.head()
    kit = build.build_kit(competition, head, with_model=True)
    assert kit == build.build_kit(competition, head, with_model=True)
    with zipfile.ZipFile(io.BytesIO(kit)) as archive:
        names, said = archive.namelist(), archive.read("README.txt").decode()
    examples = build.example_files(build_example(competition, head))
    assert set(names) == {
        "README.txt", "start.ipynb", "train.parquet", "explore.parquet", "explore-loss.csv", "schema.json",
        "base-predictions.csv", "model.zip", *(f"examples/{name}" for name in examples),
    }  # fmt: skip
    assert [name for name in names if f"  {name} " not in said] == ["README.txt"]
