"""Small files that hold huge tables are refused by what they say of themselves, and by what their texts come to."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bounty.organisers import table_limits
from evaluator.errors import TableError
from tests.people_table import people


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def test_a_text_that_is_packed_once_and_means_a_million_copies_is_refused(tmp_path, monkeypatch):
    path = parquet(tmp_path / "bomb.parquet", text=["x" * 5000] * 250_000, label=[0, 1] * 125_000)
    assert path.stat().st_size < 200_000
    read = []
    monkeypatch.setattr(table_limits, "read_table", read.append)
    with pytest.raises(TableError, match="1024 MB when it is unpacked"):
        table_limits.read_within_limits(path)
    assert not read


def test_lists_in_cells_are_refused(tmp_path):
    path = parquet(tmp_path / "lists.parquet", many=[list(range(50))] * 200, label=[0, 1] * 100)
    with pytest.raises(TableError, match="lists in column `many`"):
        table_limits.read_within_limits(path)


def test_a_header_of_a_million_columns_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "wide.csv"
    path.write_text("," * 1_000_000 + "\n" + "1,2\n" * 200)
    monkeypatch.setattr(table_limits, "read_table", lambda _path: pytest.fail("it was read"))
    with pytest.raises(TableError, match="1000001 columns"):
        table_limits.read_within_limits(path)


def test_honest_tables_are_read_as_ever(tmp_path):
    frame = people()
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.assign(note="a longer text").to_parquet(tmp_path / "people.parquet")
    assert len(table_limits.read_within_limits(tmp_path / "people.csv")) == len(frame)
    assert "note" in table_limits.read_within_limits(tmp_path / "people.parquet")
