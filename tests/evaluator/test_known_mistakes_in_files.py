"""Mistakes that published implementations of bias bounties make with files, one test each."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from evaluator import artifacts
from evaluator.artifacts import FolderStore
from evaluator.decision_list import PointerDecisionList, Update, storage
from evaluator.decision_list.parts import GroupAndPatch, Part
from tests.evaluator.age_models import AGES, model, python


# --- reload duplicates nodes; save deletes before it writes, so a crash loses everything ---------------------------
def test_saving_and_loading_again_and_again_changes_nothing(tmp_path):
    patched = model(GroupAndPatch(Part.expression("AGE >= 30"), Part.constant(1)))
    contents = set()
    for number in range(3):
        path = tmp_path / f"{number}.zip"
        patched.save(path)
        contents.add(path.read_bytes())
        patched = PointerDecisionList.load(path)
        assert patched.nodes == (Update("submission:0"),)
    assert len(contents) == 1


def test_a_crash_while_saving_leaves_the_old_model(tmp_path, monkeypatch):
    path = tmp_path / "model.zip"
    patched = model(GroupAndPatch(Part.expression("AGE >= 30"), Part.constant(1)))
    patched.save(path)
    old = path.read_bytes()

    def crash(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", crash)
    with pytest.raises(OSError, match="no space"):
        model(GroupAndPatch(Part.expression("AGE < 3"), Part.constant(1))).save(path)
    assert path.read_bytes() == old and [p.name for p in tmp_path.iterdir()] == ["model.zip"]


# --- a pickled function resolves its globals in the loader's module: a group meant for 3 rows selected 6 -----------
LIMIT = 6  # what a function that looked its names up here would find


def test_a_function_finds_its_own_file_s_names(tmp_path):
    group = python("LIMIT = 3\ndef group(X):\n    return X['AGE'] < LIMIT\n", "group")
    other = python("LIMIT = 9\ndef predict(X):\n    return [1] * len(X) if LIMIT == 9 else None\n", "predict")
    path = tmp_path / "model.zip"
    model(GroupAndPatch(group, other)).save(path)
    assert PointerDecisionList.load(path, trust=True).predict(AGES).sum() == 3
    assert LIMIT == 6


def test_pickles_are_read_nowhere(tmp_path):
    path = tmp_path / "model.zip"
    model(GroupAndPatch(Part("skops", b"\x80\x04N.", "group"), Part.constant(1))).save(path)
    with pytest.raises(storage.ModelFileError, match="pickle"):
        PointerDecisionList.load(path, trust=True)


# --- fixed file names: one team's g paired with another's h --------------------------------------------------------
def test_nobody_s_group_meets_somebody_else_s_patch(tmp_path):
    pairs = [
        GroupAndPatch(
            python(f"def group(X):\n    return X['AGE'] == {i}\n", "group"),
            python(f"def predict(X):\n    return [{i % 2}] * len(X)\n", "predict"),
        )
        for i in range(6)
    ]
    path = tmp_path / "model.zip"
    model(*pairs).save(path)
    loaded = PointerDecisionList.load(path, trust=True)
    assert dict(loaded.parts) == {f"submission:{i}": pair for i, pair in enumerate(pairs)}
    assert list(loaded.predict(AGES.iloc[:6])) == [0, 1, 0, 1, 0, 1]
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert len({part["group"]["file"] for part in manifest["parts"].values()}) == 6


def test_every_submission_and_attempt_has_files_of_its_own(tmp_path):
    store = FolderStore(tmp_path)
    written = [
        store.write_array(artifacts.outcome(submission, attempt, "mask.npy"), np.array([bool(attempt - 1)]))
        for submission in ("a1", "b2")
        for attempt in (1, 2)
    ]
    assert len({stored.path for stored in written}) == 4
    assert [bool(store.read_array(s.path, s.sha256)[0]) for s in written] == [False, True, False, True]
