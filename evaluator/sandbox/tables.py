"""Sealed tables: features in sealed memory, as the jail reads them, and their cache."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evaluator.runtime import ColumnSpec, TableSpec
from evaluator.sandbox import memory
from evaluator.sandbox.jail.child import read_table
from evaluator.sandbox.jail.protocol import SPEC_KEY
from evaluator.sandbox.rowwise_check import draw_skewed_half, random_direction
from evaluator.schema import Schema

# Bytes of sealed tables, with the parts for second looks, that one sandbox keeps.
BYTES_KEPT = 1 << 30


class SealedTable:
    """A sealed table of features that jobs may read and nobody may change. Close it to give the memory back.

    `public`: the rows are everybody's to see. Words from a job are taken for such tables only.
    """

    def __init__(self, frame: pd.DataFrame, spec: TableSpec, *, public: bool) -> None:
        self.rows = len(frame)
        self.spec = spec
        self.public = public
        self._closed = False
        self._shuffled: tuple[SealedTable, NDArray[np.integer[Any]]] | None = None
        self._places = np.empty(0)
        self.descriptor = memory.create("features")
        try:
            _write(self.descriptor, frame[spec.names], spec)
            memory.seal(self.descriptor)
        except BaseException:
            os.close(self.descriptor)
            raise
        self.size = os.fstat(self.descriptor).st_size

    @property
    def held(self) -> int:
        """Bytes of memory, with the part for second looks."""
        return self.size + (self._shuffled[0].size if self._shuffled is not None else 0)

    def shuffled(self) -> tuple[SealedTable, NDArray[np.integer[Any]]]:
        """The table of the second look in random order, made once, and its row positions int64[m]."""
        if self._shuffled is None:
            if self._closed:
                raise ValueError("this table was closed")
            frame, _ = read_table(self.descriptor)  # a mapping of the sealed memory: nothing is kept twice
            self._places = random_direction(frame)
            order = draw_skewed_half(self._places)
            part = SealedTable(frame.take(order), self.spec, public=self.public)
            self._shuffled = part, order
        return self._shuffled

    def shuffled_rows(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
        """Positions in `rows` (row numbers) for a second look at a part of the table."""
        self.shuffled()
        return draw_skewed_half(self._places[rows])

    def close(self) -> None:
        """Close the descriptors; twice is once."""
        if not self._closed:
            os.close(self.descriptor)
            self._closed = True
        if self._shuffled is not None:
            self._shuffled[0].close()
            self._shuffled = None


def seal_table(frame: pd.DataFrame, schema: Schema | TableSpec, *, public: bool = False) -> SealedTable:
    """A sealed table of `frame`, which has the schema's features among its columns, as `Schema.conform` gives them."""
    spec = schema if isinstance(schema, TableSpec) else TableSpec.from_schema(schema)
    return SealedTable(frame, spec, public=public)


class SealedTableCache:
    """A cache of sealed tables by digest; the least recently used goes first."""

    def __init__(self, most: int = BYTES_KEPT) -> None:
        self.most = most
        self._tables: OrderedDict[str, SealedTable] = OrderedDict()

    def get(self, digest: str, build: Callable[[], SealedTable], together: int = 2) -> SealedTable:
        """The table of a digest, built where it is not cached. The newest `together` are kept whatever they take."""
        if digest in self._tables:
            self._tables.move_to_end(digest)
            return self._tables[digest]
        table = self._tables[digest] = build()
        while sum(kept.held for kept in self._tables.values()) > self.most and len(self._tables) > together:
            _, oldest = self._tables.popitem(last=False)
            oldest.close()
        return table

    def close(self) -> None:
        """Close all tables."""
        while self._tables:
            self._tables.popitem()[1].close()


def _write(descriptor: int, frame: pd.DataFrame, spec: TableSpec) -> None:
    arrays = [_arrow(frame[column.name], column) for column in spec.columns]
    fields = [pa.field(c.name, array.type) for c, array in zip(spec.columns, arrays, strict=True)]
    schema = pa.schema(fields, metadata={SPEC_KEY: json.dumps(spec.to_json()).encode()})
    with pa.OSFile(f"/proc/self/fd/{descriptor}", "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))


def _arrow(series: pd.Series, column: ColumnSpec) -> pa.Array:
    if column.kind == "text":
        return pa.array(series.astype(object).where(series.notna(), None), pa.large_string())
    if column.kind == "number":
        numbers = np.ascontiguousarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
        return pa.array(numbers, from_pandas=False)  # NaN stays NaN, so that the jail maps it without a copy
    codes = np.asarray(pd.Categorical(series, categories=list(column.values)).codes, dtype=np.int32)
    indices = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(column.values), pa.large_string()))
