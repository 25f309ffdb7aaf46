"""The corrected table's files: written beside the old ones, which are deleted once the correction stands."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.corrections.rows import CorrectedRows
from bounty.models import Competition, TableCorrection
from bounty.models.stored_files import StoredFile
from bounty.shared_model import publish
from evaluator import artifacts as paths

log = logging.getLogger(__name__)

# What a correction may have replaced, by folder. Anything else in there is left alone.
_FEATURES = re.compile(r"(c\d+-)?((public|secret)\.parquet|head-loss\.npy)")
_LABELS = re.compile(
    r"(c\d+-)?(units-|cells-|strata-|origin-)?(train|explore|practice|final|certification-\d+|rows|units)\.npy"
)


class TableRewrite:
    """The files that one correction writes; nothing names them before `competition` is saved."""

    def __init__(self, chosen: CorrectedRows, number: int) -> None:
        self.competition, self.chosen, self.number = chosen.competition, chosen, number
        self.written: list[str] = []
        self.tables = self.competition.tables

    def write(self) -> None:
        """Write the files that change, and set the new table and layout on the competition, which is not saved
        here.
        """
        layout, gone = self.competition.layout, self.chosen.gone
        for split in layout.ranges:
            self._write_labels(split)
        if gone.any():
            self._drop_rows()
        start = 0
        for name, stop in (("public", layout.public), ("secret", layout.rows)):
            touched = gone[start:stop].any() or (
                name == "public" and min(self.chosen.labels, default=stop) < stop
            )
            if touched:
                self._write_features(name, slice(start, stop))
            start = stop
        self.tables = replace(self.tables, correction=self.number)
        self.competition.tables_json = self.tables.to_json()
        self.competition.layout_json = self._new_layout()

    def delete_written(self) -> None:
        """Delete the written files of a correction that was not made."""
        for path in self.written:
            artifacts.artifact_store().local_path(path).unlink(missing_ok=True)

    def _write_labels(self, split: str) -> None:
        """Write labels, units, cells and strata of one split; final labels only where a row of theirs goes."""
        gone, places = (
            self.chosen.gone[self.competition.layout.rows_of(split)],
            self.chosen.mended_places(split),
        )
        if places or gone.any():
            y = np.array(artifacts.read_labels(self.competition, split))
            start = self.competition.layout.ranges[split][0]
            y[places] = [self.chosen.labels[start + place] for place in places]
            self._write_array("labels", split, y[~gone])
        for kind in ("units", "cells", "strata"):
            stored = getattr(self.tables, kind).get(split)
            if gone.any() and stored is not None:
                self._write_array(kind, split, artifacts.read_array(stored)[~gone])

    def _drop_rows(self) -> None:
        left = ~self.chosen.gone
        for kind, stored in self.tables.origin.items():
            self._write_array("origin", kind, artifacts.read_array(stored)[left])
        path = paths.kept_rows(str(self.competition.key), self.number)
        self.written.append(path)
        written = artifacts.artifact_store().write_array(path, np.flatnonzero(left).astype(np.int64))
        self.tables = replace(self.tables, kept=(*self.tables.kept, StoredFile.from_stored(written)))

    def _write_array(self, kind: str, name: str, values: NDArray[Any]) -> None:
        files: Mapping[str, StoredFile] = getattr(self.tables, kind)
        path = paths.corrected(files[name].path, self.number)
        self.written.append(path)
        written = StoredFile.from_stored(artifacts.artifact_store().write_array(path, values))
        changed: dict[str, Any] = {kind: {**files, name: written}}
        self.tables = replace(self.tables, **changed)

    def _write_features(self, name: str, rows: slice) -> None:
        stored: StoredFile = getattr(self.tables, name)
        frame = artifacts.artifact_store().read_table(*stored.address)
        if name == "public":
            frame = self._with_labels(frame)
        path = paths.corrected(stored.path, self.number)
        self.written.append(path)
        left = frame[~self.chosen.gone[rows]].reset_index(drop=True)
        written = StoredFile.from_stored(artifacts.artifact_store().write_table(path, left))
        changed: dict[str, Any] = {name: written}
        self.tables = replace(self.tables, **changed)

    def _with_labels(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The public frame with its mended labels, spelled as the column spells them."""
        label = self.competition.schema.label
        column = frame[label.name]
        mended = {
            place: label.classes[value] if label.classes else float(value)
            for place, value in self.chosen.labels.items()
            if place < len(frame)
        }
        if not mended:
            return frame
        if isinstance(column.dtype, pd.StringDtype) or column.dtype == object:
            values = column.astype(object)
            mended = {place: str(value) for place, value in mended.items()}
        else:
            whole = all(float(value).is_integer() for value in mended.values())
            values = column if whole else column.astype(np.float64)
        values = values.copy()
        for place, value in mended.items():
            values.iloc[place] = value
        return frame.assign(**{label.name: values.astype(column.dtype) if values.dtype == object else values})

    def _new_layout(self) -> dict[str, Any]:
        layout, left, start = self.competition.layout, ~self.chosen.gone, 0
        ranges: dict[str, list[int]] = {}
        for split in layout.ranges:
            rows = int(left[layout.rows_of(split)].sum())
            ranges[split] = [start, start + rows]
            start += rows
        return {"ranges": ranges, "public": ranges["explore"][1], "rows": start}


def delete_replaced_files(now: datetime | None = None) -> None:
    """Delete the files that corrections replaced; after each correction, and part of the sweep."""
    for correction in TableCorrection.objects.filter(removed_at=None).select_related("competition"):
        with transaction.atomic():
            # A correction that is being made writes files that nothing names yet.
            competition = Competition.objects.select_for_update().get(pk=correction.competition_id)
            _delete_files(competition, correction)
            correction.removed_at = now or timezone.now()
            correction.save(update_fields=["removed_at"])


def _delete_files(competition: Competition, correction: TableCorrection) -> None:
    named = _present_files(competition)
    key, store = str(competition.key), artifacts.artifact_store()
    folders = [(store.local_path(paths.public_table(key)).parent, _FEATURES)]
    if correction.erases:
        folders.append((store.local_path(paths.labels(key, "train")).parent, _LABELS))
    for folder, pattern in folders:
        for path in sorted(folder.glob("*")):
            if pattern.fullmatch(path.name) and path not in named:
                path.unlink(missing_ok=True)
    for sha256 in correction.replaced:
        for path in Path(settings.HOME / "downloads").glob(f"{sha256}-*"):
            path.unlink(missing_ok=True)
    log.info("what %s replaced is gone", correction)


def _present_files(competition: Competition) -> set[Path]:
    """The paths of the present table and the present head's losses."""
    tables = competition.tables
    stored = [tables.public.path, tables.secret.path] if tables else []
    for kind in (tables.labels, tables.units, tables.cells, tables.strata, tables.origin):
        stored += [each.path for each in kind.values()]
    stored.append(publish.head_loss_path(competition))
    return {artifacts.artifact_store().local_path(path) for path in stored}
