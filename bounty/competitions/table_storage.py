"""A competition's rows as they lie in the artifact store: by prefix, so that each process can be shown its own."""

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
from evaluator import artifacts as paths


def store_tables(prepared: PreparedTable, key: str) -> dict[str, Any]:
    """Write features, labels, units and cells; what Competition.tables_json says about them."""
    store, layout = artifacts.store(), prepared.layout
    train = layout.ranges["train"][1]
    names = np.repeat(["train", "explore"], [train, layout.public - train])
    public = prepared.raw.iloc[: layout.public].assign(**{split_column(prepared): names})
    secret = prepared.raw.iloc[layout.public :].drop(columns=[prepared.schema.label.name])
    tables: dict[str, Any] = {
        "public": store.write_table(paths.public_table(key), public).to_json(),
        "secret": store.write_table(paths.secret_table(key), secret.reset_index(drop=True)).to_json(),
        "labels": _by_split(prepared, prepared.y, lambda split: paths.labels(key, split)),
    }
    if prepared.units is not None:
        tables["units"] = _by_split(prepared, prepared.units, lambda split: paths.units(key, split))
    if prepared.cells is not None:
        tables["cells"] = _by_split(prepared, prepared.cells, lambda split: paths.cells(key, split))
    tables["origin"] = _origin(prepared, key)
    return tables


def unit_digest(key: str, name: object) -> int:
    """What is stored of a unit's name: enough to find its rows by the name, and no name."""
    content = hashlib.sha256(f"{key}\n{str(name).strip()}".encode()).digest()
    return int.from_bytes(content[:8], "big", signed=True)


def _origin(prepared: PreparedTable, key: str) -> dict[str, Any]:
    """Where each row comes from, so that an organiser can name it later."""
    store = artifacts.store()
    origin = {"rows": store.write_array(paths.origin(key, "rows"), prepared.rows).to_json()}
    if prepared.unit_names is not None:
        codes, names = pd.factorize(prepared.unit_names)
        digests = np.array([unit_digest(key, name) for name in names], dtype=np.int64)
        origin["units"] = store.write_array(paths.origin(key, "units"), digests[codes]).to_json()
    return origin


def split_column(prepared: PreparedTable) -> str:
    """Where published rows name their split: a column of its own, whatever the table already has."""
    name = "split"
    while name in prepared.raw.columns:
        name += "_"
    return name


def store_masks(prepared: PreparedTable, key: str) -> list[dict[str, Any]]:
    """Write each declared group's mask over all rows; what DeclaredGroup.mask says about it, in order."""
    return [
        artifacts.store()
        .write_array(paths.check_path(f"labels/{key}/declared-{i}.npy"), group.mask)
        .to_json()
        for i, group in enumerate(prepared.declared)
    ]


def remove(key: str) -> None:
    """Delete every artifact of a competition that has no row."""
    for folder in folders_of(key):
        shutil.rmtree(folder, ignore_errors=True)


def folders_of(key: str) -> list[Path]:
    """Where a competition's artifacts lie, existing or not."""
    store = artifacts.store()
    samples = (
        paths.public_table(key),
        paths.labels(key, "practice"),
        paths.head(key, 1, 0),
        paths.base_model(key, ".onnx"),
    )
    # A base model's evaluation lies under the competition's key, one folder an attempt.
    outcomes = store.local_path(paths.outcome(key, 1, "predictions.npy")).parent.parent
    return [*(store.local_path(path).parent for path in samples), outcomes]


def _by_split(prepared: PreparedTable, array: NDArray[Any], path: Callable[[str], str]) -> dict[str, Any]:
    return {
        split: artifacts.store().write_array(path(split), array[prepared.split(split)]).to_json()
        for split in prepared.layout.ranges
    }
