"""The starter kit: what is in it for whom, that it is the same each time, and that all of it runs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from django.test import Client

from bounty.competitions import create
from bounty.competitions.base_models import FittedBase
from bounty.models import Competition
from bounty.starter_kit import build
from bounty.starter_kit.example import build_example
from evaluator.commands.check import add_arguments
from evaluator.commands.check import run as check
from evaluator.runtime import OutputSpec, TableSpec, load_part
from evaluator.sandbox import is_available
from tests import task_tables

ROOT = Path(__file__).resolve().parents[3]
EVERY_KIND = {
    "expression.txt", "group.py", "find_group.py", "patch.py", "group_and_patch.zip", "example.group.skops",
    "patch.skops", "example.group.onnx", "patch.onnx",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path / "home"


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(
    params=[("flag", "zero_one"), ("words", "cost"), ("names", "log"), ("amount", "squared")],
    ids=lambda kind: "-".join(kind),
)
def made(request, alice) -> Competition:
    """A competition of each task, as an organiser makes it."""
    label, loss = request.param
    return create.create_competition(
        task_tables.table(label, 3000, 2400),
        organiser=alice,
        title="Who needs what",
        label="label",
        unit="person",
        loss=loss,
        costs=((0, 1), (2, 0)) if loss == "cost" else None,
        meanings=task_tables.MEANINGS,
        base=FittedBase("tree", task_tables.OTHERS),
        settings={"moderation": "none"},
    )


# --- what is in it -------------------------------------------------------------------------------------------------
def kit(client: Client, competition: Competition) -> dict[str, bytes]:
    response = client.get(f"/c/{competition.slug}/starter-kit.zip")
    assert response["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_stranger_gets_rows_examples_and_the_base_s_answers_but_no_model(make):
    files = kit(Client(), make(learnable=True).competition)
    assert {f"examples/{name}" for name in EVERY_KIND} <= set(files)
    assert {"README.txt", "start.ipynb", "train.parquet", "explore.parquet", "schema.json"} <= set(files)
    assert "base-predictions.csv" in files
    assert "model.zip" not in files


def test_the_model_is_in_it_once_the_policy_opens_it(make, alice, mallory):
    world = make(learnable=True)
    organiser, stranger = Client(), Client()
    organiser.force_login(alice)
    stranger.force_login(mallory)
    assert "model.zip" in kit(organiser, world.competition)
    assert "model.zip" not in kit(stranger, world.competition)
    Competition.objects.update(open_model=True)
    assert "model.zip" in kit(stranger, world.competition)


def test_mallory_gets_nothing_of_a_competition_by_invitation(world, mallory):
    Competition.objects.update(visibility="invitation")
    client = Client()
    client.force_login(mallory)
    assert client.get(f"/c/{world.competition.slug}/starter-kit.zip").status_code == 404


def test_before_the_preparation_there_is_none(world):
    world.competition.versions.all().delete()
    assert Client().get(f"/c/{world.competition.slug}/starter-kit.zip").status_code == 404


def test_only_public_rows_are_in_it(world):
    files = kit(Client(), world.competition)
    rows = [len(pd.read_parquet(io.BytesIO(files[f"{name}.parquet"]))) for name in ("train", "explore")]
    assert sum(rows) == world.layout.public
    answers = pd.read_csv(io.BytesIO(files["base-predictions.csv"]))
    assert len(answers) == world.layout.public
    assert answers["prediction"].tolist() == world.base[: world.layout.public].tolist()


def test_the_same_version_gives_the_same_bytes(world):
    head = world.competition.head()
    first, second = (build.build_kit(world.competition, head, with_model=False) for _ in range(2))
    assert first == second


def test_a_kit_is_built_once_a_version_and_older_ones_go(world, monkeypatch):
    head = world.competition.head()
    path = build.kit_file(world.competition, head, with_model=False)
    old = path.with_name(path.name.replace("-v0-", "-v7-"))
    path.rename(old)
    path = build.kit_file(world.competition, head, with_model=False)
    assert path.exists()
    assert not old.exists()
    monkeypatch.setattr(build, "build_kit", lambda *a, **k: pytest.fail("built again"))
    assert build.kit_file(world.competition, head, with_model=False) == path
    assert path.name.startswith(world.competition.tables_json["public"]["sha256"])


# --- that it runs ----------------------------------------------------------------------------------------------------
def run_cells(folder: Path) -> str:
    """The notebook's code cells, one after the other, in a process of their own. What they print."""
    book = nbformat.read(folder / "start.ipynb", as_version=4)
    nbformat.validate(book)
    script = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    (folder / "cells.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-W", "error", "cells.py"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_notebook_runs_top_to_bottom_for_every_task(made, tmp_path):
    folder = unpacked(build.build_kit(made, made.head(), with_model=False), tmp_path / "clean")
    told = run_cells(folder)
    assert "with the patch" in told
    assert "evaluator check my_group.py" in told
    assert (folder / "my_patch.skops").exists()


@pytest.mark.sandbox
@pytest.mark.skipif(not is_available(), reason="no sandbox on this machine")
def test_every_example_passes_the_check(made, tmp_path, capsys):
    """`python -m evaluator check` in the unpacked folder, as the README has it."""
    import argparse

    folder = unpacked(build.build_kit(made, made.head(), with_model=False), tmp_path / "clean")
    found = {path.name for path in (folder / "examples").iterdir()}
    assert found == EVERY_KIND
    files = [str(folder / "examples" / name) for name in sorted(found - {"expression.txt"})]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    text = (folder / "examples" / "expression.txt").read_text().strip()
    loss = made.loss.name
    chosen = ["--loss", loss] if loss != "cost" else []
    table = ["--data", str(folder / "explore.parquet"), "--label", "label", "--json"]
    assert check(parser.parse_args([*files, "--expression", text, *table, *chosen])) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == len(EVERY_KIND)
    for line in lines:
        assert line["group"]["status"] == "ok", line
        assert line["patch"] is None or line["patch"]["status"] in ("ok", "no_function"), line
    patched = {Path(line["file"]).name for line in lines if line["patch"] and line["patch"]["status"] == "ok"}
    assert {"patch.py", "patch.onnx", "patch.skops", "group_and_patch.zip"} <= patched


def test_examples_of_one_group_agree(made):
    """The expression, pandas, the tree and the graph name the same rows."""
    example = build_example(made, made.head())
    files = build.example_files(example)
    table = TableSpec.from_schema(made.schema)
    expected = example.inside.tolist()
    parts = [("python", "group.py"), ("skops", "example.group.skops"), ("onnx", "example.group.onnx")]
    for kind, name in parts:
        mask = load_part(kind, files[name], "group", table, OutputSpec("mask"), None)(example.X)
        assert np.asarray(mask, dtype=bool).tolist() == expected, name


# --- text of the competition is text ------------------------------------------------------------------------
def test_hostile_names_and_titles_stay_text(make, tmp_path):
    world = make(title='"""); import os; os._exit(3) <script>alert(1)</script>')
    schema = world.competition.schema_json
    for column in schema["columns"]:
        column["meaning"] = 'age"""\nimport os; os._exit(4)\n# \' <img src=x onerror=alert(1)>'
    schema["label"]["meaning"] = "'''"
    world.competition.schema_json = schema
    world.competition.save()
    folder = unpacked(
        build.build_kit(world.competition, world.competition.head(), with_model=False), tmp_path / "clean"
    )
    run_cells(folder)
    for name in ("group.py", "find_group.py", "patch.py"):
        code = (folder / "examples" / name).read_text()
        compiled = compile(code, name, "exec")
        assert "_exit" not in compiled.co_names
    first = json.loads((folder / "start.ipynb").read_text())["cells"][0]["source"]
    assert "<script>" not in "".join(first)


def test_an_onnx_example_keeps_its_names_apart_from_columns(world):
    example = build_example(world.competition, world.competition.head())
    session = onnxruntime.InferenceSession(build.example_files(example)["patch.onnx"])
    assert {item.name for item in session.get_inputs()} == set(example.linear.columns)
