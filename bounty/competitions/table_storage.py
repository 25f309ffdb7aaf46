"""A competition's tables and arrays in the artifact store: by prefix, so that each process can be shown its own."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounty.competitions.prepare import PreparedTable
from bounty.core import artifacts
from bounty.models.stored_files import StoredFile, StoredTables
from evaluator import artifacts as paths


def store_tables(prepared: PreparedTable, key: str) -> StoredTables:
    """Writes features, labels, units, cells and strata to the artifact store; returns their paths and digests."""
    store, layout = artifacts.artifact_store(), prepared.layout
    train = layout.ranges["train"][1]
    names = np.repeat(["train", "explore"], [train, layout.public - train])
    public = prepared.raw.iloc[: layout.public].assign(**{split_column(prepared): names})
    secret = prepared.raw.iloc[layout.public :].drop(columns=[prepared.schema.label.name])
    return StoredTables(
        public=StoredFile.from_stored(store.write_table(paths.public_table(key), public)),
        secret=StoredFile.from_stored(
            store.write_table(paths.secret_table(key), secret.reset_index(drop=True))
        ),
        labels=_write_by_split(prepared, prepared.y, lambda split: paths.labels(key, split)),
        units=_write_by_split(prepared, prepared.units, lambda split: paths.units(key, split)),
        cells=_write_by_split(prepared, prepared.cells, lambda split: paths.cells(key, split)),
        strata=_write_by_split(
            prepared,
            prepared.strata.rows if prepared.strata else None,
            lambda split: paths.strata(key, split),
        ),
        undrawn=prepared.strata.undrawn if prepared.strata else (),
        origin=_store_origin(prepared, key),
    )


def unit_digest(key: str, name: object) -> int:
    """Digest of a unit's name, int64: enough to find its rows by the name, and no name."""
    content = hashlib.sha256(f"{key}\n{str(name).strip()}".encode()).digest()
    return int.from_bytes(content[:8], "big", signed=True)


def _store_origin(prepared: PreparedTable, key: str) -> dict[str, StoredFile]:
    """Writes the origin of each row, so that an organiser can name it later; returns the files' paths and digests."""
    store = artifacts.artifact_store()
    origin = {"rows": StoredFile.from_stored(store.write_array(paths.origin(key, "rows"), prepared.rows))}
    if prepared.unit_names is not None:
        codes, names = pd.factorize(prepared.unit_names)
        digests = np.array([unit_digest(key, name) for name in names], dtype=np.int64)
        origin["units"] = StoredFile.from_stored(
            store.write_array(paths.origin(key, "units"), digests[codes])
        )
    return origin


def split_column(prepared: PreparedTable) -> str:
    """Name of the column in which published rows name their split, whatever columns the table already has."""
    name = "split"
    while name in prepared.raw.columns:
        name += "_"
    return name


def store_masks(prepared: PreparedTable, key: str) -> list[dict[str, Any]]:
    """Writes each declared group's mask over all rows; returns the values of DeclaredGroup.mask, in order."""
    return [
        artifacts.artifact_store()
        .write_array(paths.check_path(f"labels/{key}/declared-{i}.npy"), group.mask)
        .to_json()
        for i, group in enumerate(prepared.declared)
    ]


def remove_artifacts(key: str) -> None:
    """Deletes every artifact of a competition that has no row."""
    for folder in artifact_folders(key):
        shutil.rmtree(folder, ignore_errors=True)


def artifact_folders(key: str) -> list[Path]:
    """Folders of a competition's artifacts, existing or not."""
    store = artifacts.artifact_store()
    samples = (
        paths.public_table(key),
        paths.labels(key, "practice"),
        paths.head(key, 1, 0),
        paths.base_model(key, ".onnx"),
    )
    # A base model's evaluation lies under the competition's key, one folder an attempt.
    outcomes = store.local_path(paths.outcome(key, 1, "predictions.npy")).parent.parent
    return [*(store.local_path(path).parent for path in samples), outcomes]


def _write_by_split(
    prepared: PreparedTable, array: NDArray[Any] | None, path: Callable[[str], str]
) -> dict[str, StoredFile]:
    """Writes an array split by split; returns the files by split, {} where there is no array."""
    if array is None:
        return {}
    return {
        split: StoredFile.from_stored(
            artifacts.artifact_store().write_array(path(split), array[prepared.split(split)])
        )
        for split in prepared.layout.ranges
    }
