"""Reading and validating an organiser's table, CSV or Parquet; refusals name the column and the first offending row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.schema import Task
from evaluator.schema.conform import parse_numbers
from evaluator.schema.infer import holds_unusable, infer_schema
from evaluator.splits import unit_codes
from evaluator.text import did_you_mean, join_words, shorten_value

LEAST_ROWS = 100
LEAST_UNITS = 50
MOST_CLASSES = 100
LEAST_PER_CLASS = 5
# So many of a column's values are numbers: the others are slips, not words.
MOSTLY = 0.9


def read_table(path: str | Path) -> pd.DataFrame:
    """A CSV (comma, semicolon or tab; UTF-8) or Parquet file as a DataFrame with distinct, named columns.

    Rows are counted as a person sees them: row 1 is the first under the header. TableError says what is wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"There is no file {path.name}.")
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise TableError(f"{path.name} is empty.")
    suffix = path.suffix.lower()
    if start == b"PAR1" or suffix in (".parquet", ".pq"):
        return _read_parquet(path)
    if suffix not in (".csv", ".tsv", ".txt"):
        raise TableError(
            f"{path.name} is no table: give a .csv or a .parquet file, not {suffix or 'a file without an ending'}. "
            "A spreadsheet can be saved as “CSV UTF-8”."
        )
    return _read_csv(path)


def validate_table(
    frame: pd.DataFrame,
    label: str,
    unit: str | None = None,
    *,
    task: Task | None = None,
    excluded: Collection[str] = (),
    least_rows: int = LEAST_ROWS,
    least_units: int = LEAST_UNITS,
) -> None:
    """Raise TableError where no competition can be made of the table; it names the column and the first offending
    row.
    """
    _check_names([str(name) for name in frame.columns])
    for name, what in ((label, "label"), (unit, "unit")):
        if name is not None and name not in frame.columns:
            known = [str(column) for column in frame.columns]
            raise TableError(
                f"The {what} column `{name}` is not in the table{did_you_mean(name, known)}", column=name
            )
    if label == unit:
        raise TableError(f"Column `{label}` cannot be the label and the unit at once.", column=label)
    if len(frame) < least_rows:
        raise TableError(f"The table has {len(frame)} rows; a competition needs at least {least_rows}.")
    units = len(np.unique(unit_codes(frame, unit)))
    if units < least_units:
        raise TableError(
            f"The unit column `{unit}` names {units} units; a competition needs at least {least_units}.",
            column=unit,
        )
    features = [name for name in frame.columns if name not in (label, unit, *excluded)]
    if not features:
        raise TableError("The table has no column beside the label and the unit.")
    _check_label(frame[label], label, task)
    for name in features:
        _check_column(frame[name], str(name))


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path.name} is no readable Parquet file: {str(error).splitlines()[0]}") from None
    _check_names(list(table.column_names))
    # The stored index of whoever wrote it is a column like any other.
    frame = table.replace_schema_metadata(None).to_pandas(ignore_metadata=True)
    if not len(frame):
        raise TableError(f"{path.name} has no rows.")
    for name in frame.columns:
        if isinstance(table.schema.field(name).type, (pa.Decimal128Type, pa.Decimal256Type)):
            frame[name] = frame[name].astype(np.float64)
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse_encoding(path.name, data, error.start)
    if "\0" in text:
        raise TableError(f"{path.name} is no table: it holds binary data.")
    header_line = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=header_line.count)
    try:
        header = next(csv.reader(io.StringIO(text.lstrip("\r\n")), delimiter=separator))
    except (StopIteration, csv.Error):
        raise TableError(f"{path.name} has no header.") from None
    _check_names([name.strip() for name in header])
    if len(header) < 2:
        raise TableError(f"{path.name} has a single column, so it is no table of features and a label.")
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            na_values=["?"],
            low_memory=False,
            index_col=False,
            skipinitialspace=True,
        )
    except pd.errors.ParserWarning:
        _refuse_ragged(text, separator, len(header), path.name)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        _refuse_ragged(text, separator, len(header), path.name)
    if not len(frame):
        raise TableError(f"{path.name} has a header and no rows.")
    frame.columns = pd.Index([name.strip() for name in header])
    return frame


def _refuse_encoding(name: str, data: bytes, start: int) -> NoReturn:
    row = data.count(b"\n", 0, start)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "it is UTF-16"
    else:
        found = f"{f'row {row}' if row else 'the header'} holds the byte 0x{data[start]:02x}"
    raise TableError(
        f"{name} is no UTF-8 text: {found}. Save it again as “CSV UTF-8”, which spreadsheets offer.", row=row
    ) from None


def _refuse_ragged(text: str, separator: str, width: int, name: str) -> NoReturn:
    try:
        for row, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator)):
            if cells and len(cells) > width:
                raise TableError(
                    f"Row {row} of {name} has {len(cells)} cells, but the header has {width}. "
                    "A cell that holds the separator stands in quotation marks.",
                    row=row,
                )
    except csv.Error as error:
        raise TableError(f"{name} is no readable CSV: {error}") from None
    raise TableError(f"{name} is no readable CSV: a quoted cell is never closed.")


def _check_names(names: list[str]) -> None:
    for position, name in enumerate(names, 1):
        if not name.strip() or re.fullmatch(r"Unnamed: \d+", name):
            raise TableError(f"Column {position} has no name. Write one into the header.")
        if "`" in name or "\n" in name:
            raise TableError(
                f"Column {position} has a name that no expression can write: {shorten_value(name)}.",
                column=name,
            )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        quoted = [f"`{name}`" for name in repeated]
        raise TableError(
            f"{join_words(quoted)} {'is' if len(quoted) == 1 else 'are'} there more than once. "
            "Columns need names of their own: rename all but one, or leave them out.",
            column=repeated[0],
        )


def _check_label(values: pd.Series, name: str, task: Task | None) -> None:
    missing = np.flatnonzero(values.isna().to_numpy())
    if missing.size:
        row = int(missing[0]) + 1
        raise TableError(f"The label `{name}` is missing in row {row}.", column=name, row=row)
    if holds_unusable(values):
        raise TableError(
            f"The label `{name}` holds {holds_unusable(values)}, which cannot be predicted.", column=name
        )
    _check_column(values, name)
    if values.nunique() == 1:
        raise TableError(f"The label `{name}` is {shorten_value(values.iloc[0])} in every row.", column=name)
    if task == "regression":
        parse_numbers(values, name)
    found = infer_schema(
        values.to_frame(name), name, overrides={name: {"task": task}} if task else None
    ).label
    if found.task == "regression":
        parse_numbers(values, name)
        return
    if task == "binary" and len(found.classes) != 2:
        raise TableError(f"The label `{name}` has {len(found.classes)} classes, not two.", column=name)
    if len(found.classes) > MOST_CLASSES:
        raise TableError(
            f"The label `{name}` has {len(found.classes):,} classes; at most {MOST_CLASSES} can be judged.",
            column=name,
        )
    rarest = values.value_counts().iloc[[-1]]
    if int(rarest.iloc[0]) < LEAST_PER_CLASS:
        first = int(np.flatnonzero((values == rarest.index[0]).to_numpy())[0]) + 1
        raise TableError(
            f"The class {shorten_value(rarest.index[0])} of the label `{name}` has {int(rarest.iloc[0])} rows, the "
            f"first of them row {first}; every class needs at least {LEAST_PER_CLASS}.",
            column=name,
            row=first,
        )


def _check_column(values: pd.Series, name: str) -> None:
    if pd.api.types.is_numeric_dtype(values):
        parse_numbers(values, name)  # refuses infinite numbers
        return
    if isinstance(values.dtype, pd.CategoricalDtype) or holds_unusable(values):
        return
    present = values.dropna()
    if values.dtype == object:
        is_text = present.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        if is_text.any() and not is_text.all():
            _refuse_mixed(present, is_text, name)
    numbers = pd.to_numeric(present.astype(object), errors="coerce").notna().to_numpy()
    if len(numbers) and MOSTLY <= numbers.mean() < 1:
        _refuse_mixed(present, ~numbers, name)


def _refuse_mixed(present: pd.Series, odd: NDArray[np.bool_], name: str) -> NoReturn:
    """Numbers and words in one column: name the first of the rarer kind."""
    if odd.mean() > 0.5:
        odd = ~odd
    place = int(np.flatnonzero(odd)[0])
    row = int(present.index[place]) + 1
    raise TableError(
        f"Column `{name}` mixes numbers and words: row {row} holds {shorten_value(present.iloc[place])}. "
        "Leave the cell empty where the value is unknown.",
        column=name,
        row=row,
    )
