"""Stored files as rows name them: what is written is read back, and rows of today stay as they are."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bounty.models.stored_files import NOWHERE, StoredBase, StoredFile, StoredTables, UploadedTable
from evaluator.artifacts import Stored

SHA = "ab" * 32
FILES = st.builds(
    StoredFile,
    path=st.text("abc:1", min_size=1, max_size=20),
    sha256=st.just(SHA),
    size=st.integers(0, 10**9),
    table=st.integers(0, 9),
    kind=st.sampled_from(["", "python", "onnx"]),
    filename=st.text("abc:1", max_size=20),
)
BY_NAME = st.dictionaries(st.sampled_from(["train", "practice", "final"]), FILES, max_size=3)
TABLES = st.builds(
    StoredTables,
    public=st.just(NOWHERE) | FILES,
    secret=st.just(NOWHERE) | FILES,
    labels=BY_NAME,
    units=BY_NAME,
    cells=BY_NAME,
    strata=BY_NAME,
    undrawn=st.just(()) | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    origin=BY_NAME,
    kept=st.lists(FILES, max_size=2).map(tuple),
    correction=st.integers(0, 9),
)


def row(path: str, **beside: object) -> dict[str, object]:
    return {"path": path, "sha256": SHA, "size": 12, **beside}


@given(FILES)
def test_a_stored_file_is_read_back(stored):
    assert StoredFile.from_json(json.loads(json.dumps(stored.to_json()))) == stored


@given(TABLES)
def test_tables_are_read_back(tables):
    assert StoredTables.from_json(json.loads(json.dumps(tables.to_json()))) == tables


@given(
    st.builds(
        StoredBase, FILES, st.text("abc:1", max_size=9), st.none() | st.just({"learner": "tree", "where": ""})
    )
)
def test_a_base_model_is_read_back(base):
    assert StoredBase.from_json(json.loads(json.dumps(base.to_json()))) == base


def test_rows_of_stored_files_are_written_as_they_were():
    upload = row("submissions/s/group.py", filename="mine.py", kind="python")
    corrected = row("heads/k/g2-v1.npy", table=1)
    for data in (upload, corrected, row("outcomes/s/1/mask.npy")):
        assert StoredFile.from_json(data).to_json() == data


def test_a_row_of_tables_is_written_as_it_was():
    data = {
        "public": row("features/k/c1-public.parquet"),
        "secret": row("features/k/secret.parquet"),
        "labels": {"train": row("labels/k/train.npy"), "final": row("labels/k/final.npy")},
        "origin": {"rows": row("labels/k/origin-rows.npy")},
        "kept": [row("labels/k/c1-kept.npy")],
        "correction": 1,
    }
    tables = StoredTables.from_json(data)
    assert (tables.to_json(), tables.units, tables.cells) == (data, {}, {})
    assert tables.public.address == ("features/k/c1-public.parquet", SHA)


def test_a_row_of_a_base_model_is_written_as_it_was():
    fitted = {"learner": "boosting", "where": ""}
    data = row("models/k/base.skops", kind="skops", words="boosting, fitted on all train rows", fitted=fitted)
    base = StoredBase.from_json(data)
    assert base.to_json() == data and base.file.kind == "skops" and base.fitted == fitted


@given(
    st.builds(UploadedTable, FILES, st.integers(0, 10**6), st.lists(st.text("abc"), max_size=3).map(tuple))
)
def test_an_uploaded_table_is_read_back(table):
    assert UploadedTable.from_json(json.loads(json.dumps(table.to_json()))) == table


def test_a_row_of_an_uploaded_table_is_written_as_it_was():
    data = row("labels/draft-d/table.csv", filename="people.csv", rows=3000, columns=["age", "ill"])
    table = UploadedTable.from_json(data)
    assert json.dumps(table.to_json()) == json.dumps(data)
    assert (table.file.filename, table.columns) == ("people.csv", ("age", "ill"))


def test_before_there_is_a_table_the_empty_row_is_no_table():
    assert not StoredTables.from_json({}) and StoredTables().to_json() == {}
    assert StoredTables.from_json({"public": row("p"), "secret": row("s")})


def test_orders_to_workers_name_path_digest_and_size_and_nothing_else():
    stored = StoredFile.from_json(row("submissions/s/group.py", filename="mine.py", kind="python", table=2))
    assert stored.to_order_json() == Stored("submissions/s/group.py", SHA, 12).to_json()
