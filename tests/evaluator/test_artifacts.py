"""The store: whole files, plain paths, digests."""

import numpy as np
import pandas as pd
import pytest

from evaluator import artifacts
from evaluator.artifacts import FolderStore, Stored
from evaluator.errors import PlatformFault


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


def test_an_array_comes_back_as_it_was_written(store):
    stored = store.write_array("outcomes/a/1/mask.npy", np.array([True, False]))
    assert store.read_array(stored.path, stored.sha256).tolist() == [True, False]
    assert stored.size == store.local_path(stored.path).stat().st_size


def test_a_table_comes_back_as_it_was_written(store):
    frame = pd.DataFrame({"A": [1.0, None], "T": ["x", "y"]})
    stored = store.write_table("features/k/public.parquet", frame)
    pd.testing.assert_frame_equal(store.read_table(stored.path, stored.sha256), frame)


def test_an_array_with_another_digest_is_refused(store):
    stored = store.write_array("heads/k/g1-v0.npy", np.zeros(3))
    store.write_array("heads/k/g1-v0.npy", np.ones(3))
    with pytest.raises(PlatformFault, match="digest"):
        store.read_array(stored.path, stored.sha256)


def test_an_array_of_objects_is_never_stored_or_read(store):
    with pytest.raises(ValueError, match="pickle"):
        store.write_array("a.npy", np.array([object()]))
    stored = store.write_bytes("b.npy", b"\x80\x04not an array")
    with pytest.raises(PlatformFault):
        store.read_array("b.npy", stored.sha256)


def test_a_missing_file_is_our_fault(store):
    with pytest.raises(PlatformFault, match=r"nothing\.npy"):
        store.read_bytes("nothing.npy")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../b", "a//b", "", ".hidden", "a/.x", "a\\b", "a\n"]
)
def test_a_path_out_of_the_store_is_refused(store, path):
    with pytest.raises(ValueError, match="not a path of the store"):
        store.write_bytes(path, b"")


def test_a_write_leaves_no_temporary_file_behind(store):
    store.write_bytes("a/b.bin", b"x")
    assert [p.name for p in store.local_path("a/b.bin").parent.iterdir()] == ["b.bin"]


def test_what_is_said_about_a_file_survives_json_and_is_checked():
    stored = Stored("a/b.npy", "0" * 64, 3)
    assert Stored.from_json(stored.to_json()) == stored
    with pytest.raises(ValueError, match="SHA-256"):
        Stored.from_json({"path": "a", "sha256": "zz"})
    with pytest.raises(ValueError, match="path"):
        Stored.from_json({"path": "../a", "sha256": "0" * 64})


def test_path_functions_refuse_a_part_that_leaves_its_folder():
    assert artifacts.upload("3f", "group", ".py") == "submissions/3f/group.py"
    assert artifacts.labels("k", "certification-1") == "labels/k/certification-1.npy"
    with pytest.raises(ValueError, match="path"):
        artifacts.public_table("../k")
