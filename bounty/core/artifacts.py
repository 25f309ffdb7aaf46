"""The site's artifact store: reads stored arrays and tables, and keeps those that verdicts read again in memory.

Digests make caching safe: an array's content can never change under its digest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from bounty.models.stored_files import StoredFile
from evaluator.artifacts import FolderStore, Stored

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bounty.models import Competition

# Bytes of arrays that one process keeps: all heads of a large competition fit, so a verdict reads one new array.
ARRAY_CACHE_BYTES = 512 * 1024 * 1024
TABLE_CACHE_SIZE = 4


def artifact_store() -> FolderStore:
    """The store that holds tables, submitted files, arrays and models."""
    return FolderStore(settings.ARTIFACTS)


class ArrayCache:
    """An LRU cache of arrays by digest, bounded in bytes. Safe among threads; arrays come back read-only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._arrays: OrderedDict[str, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, stored: StoredFile) -> NDArray[Any]:
        """The stored array. Raises PlatformFault where the file is gone or is another one."""
        digest = stored.sha256
        with self._lock:
            if digest in self._arrays:
                self._arrays.move_to_end(digest)
                return self._arrays[digest]
        array = artifact_store().read_array(stored.path, digest)
        array.flags.writeable = False
        self._keep(digest, array)
        return array

    def _keep(self, digest: str, array: NDArray[Any]) -> None:
        with self._lock:
            if digest in self._arrays or array.nbytes > self._limit:
                return
            self._arrays[digest] = array
            self._size += array.nbytes
            while self._size > self._limit:
                _, oldest = self._arrays.popitem(last=False)
                self._size -= oldest.nbytes


_arrays = ArrayCache(ARRAY_CACHE_BYTES)
_tables: OrderedDict[str, pd.DataFrame] = OrderedDict()
_tables_lock = threading.Lock()


def read_array(stored: StoredFile) -> NDArray[Any]:
    """A stored array, read-only, from the cache where it was read before. Raises PlatformFault."""
    return _arrays.get(stored)


def read_over_present_rows(competition: Competition, stored: StoredFile) -> NDArray[Any]:
    """A stored array over all rows, without those that were taken out of the table since it was stored.

    Arrays stay as they were written; what a correction left of the rows is kept beside them (bounty.corrections).
    """
    values = read_array(stored)
    for kept in competition.tables.kept[stored.table :]:
        values = values[read_array(kept)]
    return values


def file_over_present_rows(competition: Competition, stored: Stored | StoredFile) -> StoredFile:
    """The StoredFile of an array over the present rows, with the number of corrections that it was written after."""
    return StoredFile.from_stored(stored, table=len(competition.tables.kept))


def read_labels(competition: Competition, split: str) -> NDArray[Any]:
    """One split's labels (rows,): class codes (int16) or targets (float64)."""
    return read_array(competition.tables.labels[split])


def read_units(competition: Competition, split: str) -> NDArray[np.int64] | None:
    """The unit that each row of a split belongs to, (rows,); None where the table has no unit column."""
    stored = competition.tables.units.get(split)
    return None if stored is None else read_array(stored)


def read_strata(competition: Competition, split: str) -> NDArray[np.int64] | None:
    """The stratum of each row of a split, (rows,): 1 where its unit was drawn more often; None where none was."""
    stored = competition.tables.strata.get(split)
    return None if stored is None else read_array(stored)


def read_cells(competition: Competition, split: str) -> NDArray[np.int64] | None:
    """The declared cell of each row of a split, (rows,), for the weights of points; None where nothing is declared."""
    stored = competition.tables.cells.get(split)
    return None if stored is None else read_array(stored)


def read_public_table(competition: Competition) -> pd.DataFrame:
    """The public rows as they are stored: features, unit, label and split, in the layout's order."""
    return artifact_store().read_table(*competition.tables.public.address)


def read_public_features(competition: Competition) -> pd.DataFrame:
    """The features of the public rows as groups see them, in the layout's order. Not to be changed by the caller."""
    digest = competition.tables.public.sha256
    with _tables_lock:
        if digest in _tables:
            _tables.move_to_end(digest)
            return _tables[digest]
    frame = competition.schema.conform(read_public_table(competition))
    with _tables_lock:
        _tables[digest] = frame
        while len(_tables) > TABLE_CACHE_SIZE:
            _tables.popitem(last=False)
    return frame
