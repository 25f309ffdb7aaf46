"""Limits on uploaded tables: refused before they are unpacked, where they would fill the memory of the process.

A small file can hold a huge table: Parquet packs a million equal texts into a few bytes, and a header of a CSV file is
a column a comma.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from evaluator.errors import TableError
from evaluator.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

# A page has a few fields for each column.
MOST_COLUMNS = 600
MOST_CELLS = 100_000_000
# Unpacked: of the whole file as Parquet stores it, and of its texts written out row by row.
MOST_BYTES = 1024 * 1024 * 1024
BATCH = 65_536
_HEADER = 4 * 1024 * 1024


def read_within_limits(path: Path) -> pd.DataFrame:
    """The table of a file from a stranger, as evaluator.tables.read_table reads it. Raises TableError."""
    with path.open("rb") as file:
        start = file.read(_HEADER)
    if start[:4] == b"PAR1":
        _check_parquet(path)
    else:
        header = start.lstrip(b"\r\n\xef\xbb\xbf").split(b"\n", 1)[0]
        _check_columns(path, 1 + max(header.count(separator) for separator in (b",", b";", b"\t")))
    return read_table(path)


def _check_columns(path: Path, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise TableError(
            _("%(name)s has %(columns)d columns; a page takes at most %(most)d. Leave out what nobody needs.")
            % {"name": path.name, "columns": columns, "most": MOST_COLUMNS}
        )


def _check_parquet(path: Path) -> None:
    """Raise TableError for a Parquet file too large: by its index first, then its texts by their dictionaries,
    which are small where the file is.
    """
    try:
        index = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return  # read_table says what is wrong with it
    _check_columns(path, index.num_columns)
    if index.num_rows * index.num_columns > MOST_CELLS:
        raise TableError(
            _("%(name)s holds %(cells)d million cells; a page takes at most %(most)d million.")
            % {
                "name": path.name,
                "cells": index.num_rows * index.num_columns // 1_000_000,
                "most": MOST_CELLS // 1_000_000,
            }
        )
    for place in range(index.num_columns):
        if index.schema.column(place).max_repetition_level:
            raise TableError(
                _("%(name)s holds lists in column `%(column)s`; a cell is one value.")
                % {"name": path.name, "column": index.schema.column(place).path.split(".")[0]}
            )
    size = sum(index.row_group(place).total_byte_size for place in range(index.num_row_groups))
    if size > MOST_BYTES or _text_is_too_long(path):
        raise TableError(
            _(
                "%(name)s holds more than %(most)d MB when it is unpacked. Shorten its texts or send fewer rows."
            )
            % {"name": path.name, "most": MOST_BYTES // 1024 // 1024}
        )


def _text_is_too_long(path: Path) -> bool:
    try:
        schema = pq.read_schema(path)
        texts = [field.name for field in schema if _is_text(field.type)]
        total = 0
        file = pq.ParquetFile(path, read_dictionary=texts)
        for batch in file.iter_batches(BATCH, columns=texts) if texts else ():
            for column in batch.columns:
                if isinstance(column, pa.DictionaryArray):
                    lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
                else:
                    lengths = pc.binary_length(column)
                total += pc.sum(lengths).as_py() or 0
            if total > MOST_BYTES:
                return True
    except (pa.ArrowException, OSError):
        return False  # read_table says what is wrong with it
    return False


def _is_text(kind: pa.DataType) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )
