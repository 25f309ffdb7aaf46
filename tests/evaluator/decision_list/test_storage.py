"""Saving and loading: whole or not at all, checked, and no code without trust."""

import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from evaluator.decision_list import ModelFileError, PointerDecisionList, Repair, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

SCHEMA = Schema((Column("AGE", "number"),), Label("SEEN", "binary", (0, 1)))
FRAME = pd.DataFrame({"AGE": [5.0, 30.0]})
OLD = b"THRESHOLD = 18\ndef group(X):\n    return X['AGE'] >= THRESHOLD\n"
YOUNG = b"THRESHOLD = 6\ndef group(X):\n    return X['AGE'] < THRESHOLD\n"


def model(old=None):
    parts = {
        "submission:a": GroupAndPatch(old or Part.expression("AGE >= 18"), Part.constant(1)),
        "declared:1": GroupAndPatch(Part.expression("AGE < 6")),
    }
    nodes = [Update("submission:a"), Repair("declared:1", 0)]
    return PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), nodes, parts)


def rewrite(path, change):
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_a_loaded_model_is_the_saved_one_and_saves_to_the_same_bytes(tmp_path):
    saved = model()
    saved.save(tmp_path / "a.zip")
    loaded = PointerDecisionList.load(tmp_path / "a.zip")
    assert loaded.nodes == saved.nodes and dict(loaded.parts) == dict(saved.parts)
    np.testing.assert_array_equal(loaded.predict(FRAME), [0, 1])
    loaded.save(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_python_parts_are_not_loaded_without_trust(tmp_path):
    model(Part("python", OLD, "group")).save(tmp_path / "a.zip")
    with pytest.raises(ModelFileError, match=r"the group of submission:a.*trust=True"):
        PointerDecisionList.load(tmp_path / "a.zip")
    trusted = PointerDecisionList.load(tmp_path / "a.zip", trust=True)
    np.testing.assert_array_equal(trusted.predict(FRAME), [0, 1])


def test_two_python_files_keep_their_own_globals(tmp_path):
    parts = {
        "submission:a": GroupAndPatch(Part("python", OLD, "group"), Part.constant(1)),
        "submission:b": GroupAndPatch(Part("python", YOUNG, "group"), Part.constant(1)),
    }
    nodes = [Update("submission:a"), Update("submission:b")]
    PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), nodes, parts).save(tmp_path / "a.zip")
    loaded = PointerDecisionList.load(tmp_path / "a.zip", trust=True)
    assert list(loaded.leaves(pd.DataFrame({"AGE": [5.0, 10.0, 30.0]}))) == [2, 0, 1]


def test_building_and_saving_a_list_runs_no_submitted_code(tmp_path):
    model(Part("python", b"raise SystemExit('this was run')", "group")).save(tmp_path / "a.zip")


def test_a_changed_part_is_noticed(tmp_path):
    path = tmp_path / "a.zip"
    model().save(path)

    def change(files):
        name = next(name for name in files if name.endswith(".txt"))
        files[name] = b"True"

    rewrite(path, change)
    with pytest.raises(ModelFileError, match="digest"):
        PointerDecisionList.load(path)


def test_a_missing_part_is_noticed(tmp_path):
    path = tmp_path / "a.zip"
    model().save(path)
    rewrite(path, lambda files: files.pop(next(name for name in files if name.endswith(".txt"))))
    with pytest.raises(ModelFileError, match="missing"):
        PointerDecisionList.load(path)


def test_a_pickle_in_disguise_is_refused_even_with_trust(tmp_path):
    model(Part("skops", b"\x80\x04\x95pickled", "group")).save(tmp_path / "a.zip")
    with pytest.raises(ModelFileError, match="pickle"):
        PointerDecisionList.load(tmp_path / "a.zip", trust=True)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_what_is_no_saved_list_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ModelFileError, match="not a saved decision list"):
        PointerDecisionList.load(tmp_path / "a.zip")


def test_a_file_of_a_later_format_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    model().save(path)

    def change(files):
        files["manifest.json"] = files["manifest.json"].replace(b'"format": 1', b'"format": 2')

    rewrite(path, change)
    with pytest.raises(ModelFileError, match="format"):
        PointerDecisionList.load(path)


def test_a_crash_while_saving_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    model().save(path)
    before = path.read_bytes()

    def full(_descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        model(Part.expression("AGE >= 99")).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
