"""Downloads of public rows for participants: built once from the stored table, cached on this machine by its
digest.

Only the table of public rows is read here: nothing secret can get into a download.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from django.conf import settings
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core import artifacts
from bounty.models import Competition, ModelVersion
from bounty.models.stored_files import NOWHERE, StoredFile

SPLITS = ("train", "explore")
_HOLDS = {
    "train": gettext_lazy("features and label; the base model and fitted patches learn here"),
    "explore": gettext_lazy("features and label; look here for groups that the model fails"),
}


@dataclass(frozen=True)
class Download:
    """One downloadable file: its name, what it holds, its rows and content type."""

    name: str
    holds: str
    rows: int | None
    content_type: str


def list_downloads(competition: Competition) -> list[Download]:
    """The competition's downloads; [] before there is a table."""
    if not competition.tables:
        return []
    layout = competition.layout
    files = []
    for split in SPLITS:
        start, stop = layout.ranges[split]
        files.append(
            Download(f"{split}.parquet", str(_HOLDS[split]), stop - start, "application/octet-stream")
        )
        files.append(Download(f"{split}.csv", _("the same as text"), stop - start, "text/csv"))
    start, stop = layout.ranges["explore"]
    files.append(
        Download(
            "explore-loss.csv",
            _("the present model’s loss on each explore row, in order"),
            stop - start,
            "text/csv",
        )
    )
    files.append(
        Download("schema.json", _("columns, meanings, codes, label and loss"), None, "application/json")
    )
    return files


def local_file(competition: Competition, head: ModelVersion | None, download: Download) -> Path | None:
    """Path of a download's file on this machine, built first where needed. None where it cannot exist yet. Raises
    PlatformFault.
    """
    public = competition.tables.public.sha256
    if download.name == "schema.json":
        return cached_file(
            f"{competition.key}-schema.json", lambda path: _write_schema(competition, path), again=True
        )
    if download.name == "explore-loss.csv":
        stored = head.stored_head_loss if head else NOWHERE
        if not stored.path:
            return None
        return cached_file(
            f"{stored.sha256}-{download.name}", lambda path: _write_loss(competition, stored, path)
        )
    return cached_file(
        f"{public}-{download.name}", lambda path: _write_rows(competition, download.name, path)
    )


def file_response(competition: Competition, name: str) -> FileResponse:
    """Streamed response with one of the listed files. Raises Http404 where there is none, PlatformFault where rows
    are missing.
    """
    found = next((file for file in list_downloads(competition) if file.name == name), None)
    if found is None:
        raise Http404("no such file")
    versions = competition.versions.current()
    path = local_file(competition, versions.order_by("-number").first(), found)
    if path is None:
        raise Http404("this file does not exist yet")
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{competition.slug}-{name}",
        content_type=found.content_type,
    )


def cached_file(name: str, write: Callable[[Path], Any], *, again: bool = False) -> Path:
    """Path of the download of that name, written by `write` where it is missing or `again` is set.

    It is written whole under another name first, so that no reader sees half of it.
    """
    folder = settings.HOME / "downloads"
    target = folder / name
    if target.exists() and not again:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    os.close(handle)
    try:
        write(Path(temporary))
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target


def _write_rows(competition: Competition, name: str, path: Path) -> None:
    frame = _public_rows(competition).iloc[competition.layout.rows_of(name.split(".")[0])]
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)


def _public_rows(competition: Competition) -> pd.DataFrame:
    """Features and label of the public rows; what the organiser excluded and the unit stay out."""
    schema = competition.schema
    return artifacts.read_public_table(competition)[
        [*(column.name for column in schema.features), schema.label.name]
    ]


def _write_loss(competition: Competition, stored: StoredFile, path: Path) -> None:
    loss = artifacts.read_array(stored)[competition.layout.rows_of("explore")]
    pd.DataFrame({"loss": loss}).to_csv(path, index=False)


def _write_schema(competition: Competition, path: Path) -> None:
    schema = competition.schema_json
    told = {
        **schema,
        "columns": [column for column in schema["columns"] if not column["excluded"]],
        "loss": competition.loss_json,
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False))
