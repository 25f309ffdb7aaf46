"""The site's artifact store, and the arrays that verdicts read again and again.

Digests make caching safe: an array's content can never change under its digest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from bounty.models.stored import StoredFile
from evaluator.artifacts import FolderStore, Stored

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bounty.models import Competition

# Bytes of arrays that one process keeps: all heads of a large competition fit, so a verdict reads one new array.
ARRAYS_KEPT = 512 * 1024 * 1024
TABLES_KEPT = 4


def store() -> FolderStore:
    """Where tables, submitted files, arrays and models lie."""
    return FolderStore(settings.ARTIFACTS)


class ArrayCache:
    """Arrays by digest, least recently used out first. Safe among threads; arrays come back read-only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._arrays: OrderedDict[str, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, stored: StoredFile) -> NDArray[Any]:
        """The stored array. Raises PlatformFault where the file is gone or another one."""
        digest = stored.sha256
        with self._lock:
            if digest in self._arrays:
                self._arrays.move_to_end(digest)
                return self._arrays[digest]
        array = store().read_array(stored.path, digest)
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


_arrays = ArrayCache(ARRAYS_KEPT)
_tables: OrderedDict[str, pd.DataFrame] = OrderedDict()
_tables_lock = threading.Lock()


def array(stored: StoredFile) -> NDArray[Any]:
    """A stored array, read-only, from memory where it was read before. Raises PlatformFault."""
    return _arrays.get(stored)


def over_rows(competition: Competition, stored: StoredFile) -> NDArray[Any]:
    """A stored array over all rows, without those that were taken out of the table since it was stored.

    Arrays stay as they were written; what a correction left of the rows is kept beside them (bounty.corrections).
    """
    values = array(stored)
    for kept in competition.tables.kept[stored.table :]:
        values = values[array(kept)]
    return values


def present(competition: Competition, stored: Stored | StoredFile) -> StoredFile:
    """What rows say about an array over the present rows of the table."""
    return StoredFile.of(stored, table=len(competition.tables.kept))


def labels(competition: Competition, split: str) -> NDArray[Any]:
    """Class codes (int16) or targets (float64) of one split."""
    return array(competition.tables.labels[split])


def units(competition: Competition, split: str) -> NDArray[np.int64] | None:
    """Whom each row of a split belongs to; None where the table has no unit column."""
    stored = competition.tables.units.get(split)
    return None if stored is None else array(stored)


def cells(competition: Competition, split: str) -> NDArray[np.int64] | None:
    """Each row's declared cell, for the weights of points; None where nothing is declared."""
    stored = competition.tables.cells.get(split)
    return None if stored is None else array(stored)


def public_table(competition: Competition) -> pd.DataFrame:
    """The public rows as they are stored: features, unit, label and split, in the layout's order."""
    return store().read_table(*competition.tables.public.address)


def public_features(competition: Competition) -> pd.DataFrame:
    """Features of the public rows as groups see them, in the layout's order. Not to be changed by the caller."""
    digest = competition.tables.public.sha256
    with _tables_lock:
        if digest in _tables:
            _tables.move_to_end(digest)
            return _tables[digest]
    frame = competition.schema.conform(public_table(competition))
    with _tables_lock:
        _tables[digest] = frame
        while len(_tables) > TABLES_KEPT:
            _tables.popitem(last=False)
    return frame
