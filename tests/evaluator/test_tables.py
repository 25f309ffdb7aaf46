"""Tables from outside: each bad one gets one clear error with the column and the first offending row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluator.errors import TableError
from evaluator.tables import read_table, validate_table


def good(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "pid": np.arange(n) // 2,
            "age": rng.uniform(0, 80, n),
            "town": rng.choice(["a", "b"], n),
            "y": np.arange(n) % 2,
        }
    )


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_good_table_is_read_as_it_was_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table.{ending}"
    getattr(good(), f"to_{ending}")(path, index=False)
    frame = read_table(path)
    assert frame.columns.tolist() == ["pid", "age", "town", "y"]
    assert len(frame) == 200
    validate_table(frame, "y", "pid")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_question_marks_are_understood(tmp_path: Path, separator: str) -> None:
    path = written(tmp_path, "\ufeffage,y\n?,1\n3,0\n".replace(",", separator))
    assert read_table(path)["age"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "table.csv", "is empty"),
        ("a,b\n", "table.csv", "a header and no rows"),
        ("a,b,a\n1,2,3\n", "table.csv", "`a` is there more than once"),
        ("a,,c\n1,2,3\n", "table.csv", "Column 2 has no name"),
        ("a,b\n1,2\n3,4,5\n", "table.csv", "Row 2 of table.csv has 3 cells, but the header has 2"),
        (b"a,b\n1,2\n\xff\xfe,4\n", "table.csv", "row 2 holds the byte 0xff"),
        ("just words\nin lines\n", "table.csv", "a single column"),
        (b"\x89PNG\0\0", "table.csv", "no UTF-8 text"),
        (
            "größe,b\n1,2\n".encode("latin-1"),
            "table.csv",
            "the header holds the byte 0xf6. Save it again as “CSV UTF-8”",
        ),
        ("a,b\n1,2\n".encode("utf-16"), "table.csv", "it is UTF-16. Save it again"),
        ("{}", "table.xlsx", "A spreadsheet can be saved as “CSV UTF-8”"),
        (b"PK\0\0", "table.csv", "binary data"),
        (b"PAR1 and then nothing", "table.parquet", "no readable Parquet"),
        ("not parquet", "table.parquet", "no readable Parquet"),
        ("{}", "table.json", "give a .csv or a .parquet file, not .json"),
        ('a,b\n"1,2\n', "table.csv", "table.csv"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: str | bytes, name: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_table(written(tmp_path, content, name))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="There is no file"):
        read_table(tmp_path / "nothing.csv")


def test_a_missing_label_column_is_named_with_a_suggestion() -> None:
    with pytest.raises(TableError, match="label column `Y` is not in the table; did you mean `y`"):
        validate_table(good(), "Y")
    with pytest.raises(TableError, match="unit column `pdi` is not in the table; did you mean `pid`"):
        validate_table(good(), "y", "pdi")


def spoiled(column: str, row: int, value: object) -> pd.DataFrame:
    frame = good().astype({column: object})
    frame.loc[row - 1, column] = value
    return frame.convert_dtypes() if column != "town" and not isinstance(value, str) else frame


@pytest.mark.parametrize(
    ("frame", "column", "row", "message"),
    [
        (spoiled("y", 17, None), "y", 17, "missing in row 17"),
        (spoiled("age", 17, np.inf), "age", 17, "infinite number in row 17"),
        (spoiled("age", 17, "unknown"), "age", 17, "row 17 holds 'unknown'"),
        (spoiled("town", 17, 5), "town", 17, "row 17 holds 5"),
        (spoiled("pid", 17, None), "pid", 17, "empty in row 17"),
        (good().assign(y=1), "y", None, "is 1 in every row"),
        (good().assign(pid=np.arange(200) % 7), "pid", None, "names 7 units"),
        (good().assign(y=[f"name {i}" for i in range(200)]), "y", None, "200 classes; at most 100"),
        (good().assign(y=["rare"] + ["a", "b"] * 99 + ["a"]), "y", 1, "'rare'"),
    ],
)
def test_a_bad_cell_is_named_with_its_column_and_row(
    frame: pd.DataFrame, column: str, row: int | None, message: str
) -> None:
    with pytest.raises(TableError, match=message) as caught:
        validate_table(frame, "y", "pid")
    assert (caught.value.column, caught.value.row) == (column, row)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TableError, match="20 rows; a competition needs at least 100"):
        validate_table(good(20), "y")


def test_numbers_beside_a_stray_word_are_found_in_a_csv_too(tmp_path: Path) -> None:
    frame = good().astype({"age": str})
    frame.loc[40, "age"] = "forty"
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(TableError, match="`age` mixes numbers and words: row 41 holds 'forty'"):
        validate_table(read_table(tmp_path / "t.csv"), "y", "pid")


def test_words_cannot_be_predicted_as_a_number() -> None:
    frame = good().assign(y=["7", "many"] * 100)
    with pytest.raises(TableError, match="`y` should hold numbers, but row 2 holds 'many'"):
        validate_table(frame, "y", "pid", task="regression")
