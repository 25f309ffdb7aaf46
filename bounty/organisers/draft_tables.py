"""Storage of a draft's table and base model: written as they were uploaded, read again at each step.

It lies where labels lie: an evaluate worker never gets to see it.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from bounty.competitions import example_table
from bounty.core import artifacts
from bounty.models import CompetitionDraft
from bounty.models.stored_files import StoredFile, UploadedTable
from bounty.organisers import table_limits
from evaluator import artifacts as paths
from evaluator.errors import TableError
from evaluator.tables import LEAST_ROWS, read_table

if TYPE_CHECKING:
    import pandas as pd
    from django.core.files.uploadedfile import UploadedFile

ROWS_SHOWN = 8
TABLES_KEPT = 2
CELL_SHOWN = 60
EXAMPLE = "rand-health-experiment.csv"

_frames: OrderedDict[str, pd.DataFrame] = OrderedDict()
_lock = threading.Lock()


@contextmanager
def upload_on_disk(upload: UploadedFile) -> Iterator[Path]:
    """The path of the uploaded table as a file with its suffix, removed at the end of the block."""
    # Its own name, without any folder, so that what is wrong with it is said of the file that was chosen.
    name = PurePath(upload.name or "table").name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePath(name).with_suffix(PurePath(name).suffix.lower())
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        yield path


def store_upload(draft: CompetitionDraft, upload: UploadedFile) -> None:
    """Check the uploaded table and store it with the draft; the caller saves. Raises TableError."""
    limit = settings.MOST_TABLE_BYTES
    if upload.size is None or upload.size > limit:
        raise TableError(
            _(
                "%(name)s is larger than %(megabytes)d MB. Send fewer rows or columns, or a Parquet file; whoever runs "
                "this site can make competitions from larger tables with manage.py create_competition."
            )
            % {"name": upload.name, "megabytes": limit // 1024 // 1024}
        )
    with upload_on_disk(upload) as path:
        _keep(draft, path)


def store_example(draft: CompetitionDraft) -> None:
    """Store the built-in example table with the draft; the caller saves."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / EXAMPLE
        example_table.read_example_table().to_csv(path, index=False)
        _keep(draft, path)


def _keep(draft: CompetitionDraft, path: Path) -> None:
    frame = table_limits.read_within_limits(path)
    if len(frame) < LEAST_ROWS:
        raise TableError(
            _("%(name)s has %(rows)d rows; a competition needs at least %(least)d.")
            % {"name": path.name, "rows": len(frame), "least": LEAST_ROWS}
        )
    if frame.shape[1] < 2:
        raise TableError(
            _("%(name)s has a single column: add features beside the label.") % {"name": path.name}
        )
    store_table(draft, path.name, path.read_bytes(), frame)


def store_table(draft: CompetitionDraft, name: str, content: bytes, frame: pd.DataFrame) -> None:
    """Store a checked table's bytes in place of the draft's earlier one; the caller saves."""
    delete_table(draft)
    stored = artifacts.artifact_store().write_bytes(_place(draft, f"table{PurePath(name).suffix}"), content)
    columns = tuple(str(column) for column in frame.columns)
    draft.table_json = UploadedTable(
        StoredFile.from_stored(stored, filename=name), len(frame), columns
    ).to_json()


def store_base_file(draft: CompetitionDraft, name: str, suffix: str, content: bytes) -> None:
    """Store an uploaded base model with the draft; it is not run here. The caller saves."""
    stored = artifacts.artifact_store().write_bytes(_place(draft, f"base{suffix}"), content)
    draft.base_json = StoredFile.from_stored(stored, filename=name).to_json()


def delete_table(draft: CompetitionDraft) -> None:
    """Delete the draft's table, where it has one; the caller saves."""
    if table := draft.table:
        artifacts.artifact_store().local_path(table.file.path).unlink(missing_ok=True)
        draft.table_json = {}


def delete_files(draft: CompetitionDraft) -> None:
    """Delete every file of a draft."""
    shutil.rmtree(artifacts.artifact_store().local_path(_place(draft, "table")).parent, ignore_errors=True)


def has_table(draft: CompetitionDraft) -> bool:
    """Whether the draft's table is still stored."""
    return draft.table is not None and artifacts.artifact_store().exists(draft.table.file.path)


def read_frame(draft: CompetitionDraft) -> pd.DataFrame:
    """The draft's table as a data frame, cached in memory where it was read lately; not to be changed by the
    caller.

    Raises TableError where there is none.
    """
    table = draft.table
    if table is None or not has_table(draft):
        raise TableError(_("There is no table yet. Send one first."))
    key = f"{table.file.sha256}{table.file.path[-8:]}"
    with _lock:
        if key in _frames:
            _frames.move_to_end(key)
            return _frames[key]
    frame = read_table(artifacts.artifact_store().local_path(table.file.path))
    with _lock:
        _frames[key] = frame
        while len(_frames) > TABLES_KEPT:
            _frames.popitem(last=False)
    return frame


def first_rows(draft: CompetitionDraft) -> dict[str, Any]:
    """The table's first rows as text for its organiser: names and cells, long ones cut."""
    frame = read_frame(draft)
    rows = [
        [_cell(value) for value in row] for row in frame.head(ROWS_SHOWN).itertuples(index=False, name=None)
    ]
    return {"names": [str(name) for name in frame.columns], "rows": rows, "count": len(frame)}


def _cell(value: object) -> str:
    text = "" if value is None or value != value else str(value)
    return text if len(text) <= CELL_SHOWN else f"{text[: CELL_SHOWN - 1]}…"


def read_content(stored: StoredFile) -> bytes:
    """The bytes of a stored file. Raises PlatformFault where it is gone."""
    return artifacts.artifact_store().read_bytes(*stored.address)


def _place(draft: CompetitionDraft, name: str) -> str:
    return paths.check_path(f"labels/draft-{draft.key}/{name}")
