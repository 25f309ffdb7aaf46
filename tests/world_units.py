"""Units and strata for a test's competition, as making one would have stored them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bounty.core import artifacts
from bounty.models.stored_files import StoredFile
from evaluator import artifacts as paths
from tests.world import World


def give_units(world: World, rows: int) -> None:
    """Let so many rows after each other be one unit, and M be their number."""
    codes = np.arange(world.layout.rows, dtype=np.int64) // rows
    _store(world, "units", codes, unit_rows=rows)


def give_strata(world: World, mask: np.ndarray, undrawn: tuple[int, int]) -> None:
    """Let the mask's rows be a stratum; of the others' and of its units so many are in the table and in no split."""
    _store(world, "strata", mask.astype(np.int64), undrawn=undrawn)


def _store(
    world: World,
    kind: str,
    values: np.ndarray,
    unit_rows: int | None = None,
    undrawn: tuple[int, int] | None = None,
) -> None:
    competition, store = world.competition, artifacts.artifact_store()
    key, path = str(competition.key), {"units": paths.units, "strata": paths.strata}[kind]
    files = {
        split: StoredFile.from_stored(
            store.write_array(f"{path(key, split)[:-4]}-given.npy", values[world.layout.rows_of(split)])
        )
        for split in world.layout.ranges
    }
    tables = replace(competition.tables, **{kind: files})
    if undrawn is not None:
        tables = replace(tables, undrawn=undrawn)
    competition.tables_json = tables.to_json()
    competition.unit_rows = unit_rows or competition.unit_rows
    competition.save(update_fields=["tables_json", "unit_rows"])
