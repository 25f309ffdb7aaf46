"""The artifact store: paths of tables, submitted files and arrays, and reading and writing them by digest.

The layout of the store is said here, once. Prefixes follow who may read them: the evaluating worker gets
`features/`, `submissions/`, `models/`, `outcomes/`; `labels/` and `heads/` are the adjudicating worker's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import math
import os
import re
import struct
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import PlatformFault

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_CORRECTED = re.compile(r"^c\d+-")
_WRITERS = 8
# How .npy files of version 1.0 begin, and then the length of their header.
_PLAIN, _PREFIX = b"\x93NUMPY\x01\x00", struct.Struct("<8sH")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    """A stored file: its path in the store, the SHA-256 of its bytes in hex, and its size in bytes."""

    path: str
    sha256: str
    size: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stored:
        """Raises ValueError where the path or the digest is none."""
        path, sha256, size = str(data["path"]), str(data["sha256"]), int(data.get("size", 0))
        if not _DIGEST.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in hex: {sha256[:80]!r}")
        return cls(check_path(path), sha256, size)

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return asdict(self)


def digest(data: bytes) -> str:
    """The SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def array_bytes(array: NDArray[Any]) -> bytes:
    """The .npy bytes of an array of any shape. Raises ValueError for an array of objects: it would be pickled."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def check_path(path: str) -> str:
    """The path itself. Raises ValueError where it is not plain and relative (`..`, absolute, hidden, empty)."""
    parts = path.split("/")
    if not parts or not all(_SEGMENT.fullmatch(part) for part in parts):
        raise ValueError(f"not a path of the store: {path[:200]!r}")
    return path


# --- where things lie -------------------------------------------------------------------------------------
def public_table(key: str) -> str:
    """Path of the table of public rows: features, the label column and a split column, in the layout's order."""
    return check_path(f"features/{key}/public.parquet")


def secret_table(key: str) -> str:
    """Path of the table of secret rows: features only, in the layout's order."""
    return check_path(f"features/{key}/secret.parquet")


def head_loss(key: str) -> str:
    """Path of the head's loss, float64 per public row, replaced at each version (for `find_group`)."""
    return check_path(f"features/{key}/head-loss.npy")


def labels(key: str, split: str) -> str:
    """Path of one split's labels, int16 class codes or float64 targets. `final` is read once, at the close."""
    return check_path(f"labels/{key}/{split}.npy")


def origin(key: str, kind: str) -> str:
    """Path of the rows' origin: their rows in the organiser's table (`rows`, from 1) or a digest of their units
    (`units`).
    """
    return check_path(f"labels/{key}/origin-{kind}.npy")


def kept_rows(key: str, correction: int) -> str:
    """Path of the rows that a correction kept: int64 places among all rows before it."""
    return check_path(f"labels/{key}/c{int(correction)}-kept.npy")


def corrected(path: str, correction: int) -> str:
    """Path of a file as corrected: beside the first one, so that either is whole."""
    folder, _, name = check_path(path).rpartition("/")
    return check_path(f"{folder}/c{int(correction)}-{_CORRECTED.sub('', name)}")


def units(key: str, split: str) -> str:
    """Path of one split's unit codes, int64."""
    return check_path(f"labels/{key}/units-{split}.npy")


def cells(key: str, split: str) -> str:
    """Path of one split's declared cells, int64, for the weights of points."""
    return check_path(f"labels/{key}/cells-{split}.npy")


def strata(key: str, split: str) -> str:
    """Path of one split's strata, int64: which rows are of units that were drawn more often."""
    return check_path(f"labels/{key}/strata-{split}.npy")


def upload(submission: str, part: str, suffix: str) -> str:
    """Path of a participant's file. `part` is group or patch; `suffix` begins with a dot."""
    return check_path(f"submissions/{submission}/{part}{suffix}")


def outcome(submission: str, attempt: int, name: str) -> str:
    """Path of a file that evaluation wrote: mask.npy, predictions.npy, patch.skops."""
    return check_path(f"outcomes/{submission}/{int(attempt)}/{name}")


def head(key: str, generation: int, number: int) -> str:
    """Path of a version's predictions over all rows."""
    return check_path(f"heads/{key}/g{int(generation)}-v{int(number)}.npy")


def team_head(key: str, team: int, generation: int, number: int) -> str:
    """Path of the predictions of a team's own model over all rows."""
    return check_path(f"heads/{key}/team-{int(team)}-g{int(generation)}-v{int(number)}.npy")


def base_model(key: str, suffix: str) -> str:
    """Path of the base model's file."""
    return check_path(f"models/{key}/base{suffix}")


def model_file(key: str, generation: int, number: int) -> str:
    """Path of a version's shared model, as it is downloaded."""
    return check_path(f"models/{key}/g{int(generation)}-v{int(number)}.zip")


# --- the store --------------------------------------------------------------------------------------------
class FolderStore:
    """An artifact store in a folder. A file appears whole or not at all, and arrays are only read by their digest."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def local_path(self, path: str) -> Path:
        """The file's path on this machine. Raises ValueError for a path that would leave the store."""
        return self.root.joinpath(*PurePosixPath(check_path(path)).parts)

    def exists(self, path: str) -> bool:
        """Whether the store has a file of that path."""
        return self.local_path(path).is_file()

    def read_bytes(self, path: str, sha256: str | None = None) -> bytes:
        """The file's bytes. Raises PlatformFault where it is missing or its digest differs."""
        try:
            data = self.local_path(path).read_bytes()
        except OSError as error:
            raise PlatformFault(f"{path} cannot be read ({error.strerror})") from error
        if sha256 is not None and digest(data) != sha256:
            raise PlatformFault(f"{path} is not what was stored: its digest differs")
        return data

    def write_bytes(self, path: str, data: bytes) -> Stored:
        """Write the whole file or nothing; an earlier file of that path is replaced."""
        target = self.local_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(target.parent) as (descriptor, temporary):
            with os.fdopen(descriptor, "wb") as file:
                # mkstemp's 0600 would shut out the other processes' users, which share the store by group.
                os.fchmod(file.fileno(), 0o640)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        _sync_folder(target.parent)
        return Stored(path, digest(data), len(data))

    def write_array(self, path: str, array: NDArray[Any]) -> Stored:
        """Store an array as .npy. Raises ValueError for an array of objects: it would be pickled."""
        return self.write_bytes(path, array_bytes(array))

    def write_arrays(self, arrays: Sequence[tuple[str, NDArray[Any]]]) -> list[Stored]:
        """Store many arrays at once: what takes long is waiting for a disk, and that can be done side by side."""
        with ThreadPoolExecutor(_WRITERS) as pool:
            return list(pool.map(lambda each: self.write_array(*each), arrays))

    def read_array(self, path: str, sha256: str | None) -> NDArray[Any]:
        """A stored array, read-only. Raises PlatformFault where the digest differs or it is no array.

        Without a digest (None) whatever lies there now is read: only for what a newer version may replace.
        """
        data = self.read_bytes(path, sha256)
        try:
            return _array(data)
        except (ValueError, EOFError) as error:
            raise PlatformFault(f"{path} is no array") from error

    def write_table(self, path: str, frame: pd.DataFrame) -> Stored:
        """Store a table as Parquet, without its index."""
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, compression="zstd")
        return self.write_bytes(path, buffer.getvalue())

    def read_table(self, path: str, sha256: str) -> pd.DataFrame:
        """A stored table. Raises PlatformFault where the digest differs or it is no table."""
        data = self.read_bytes(path, sha256)
        try:
            return pd.read_parquet(io.BytesIO(data))
        except (ValueError, OSError) as error:
            raise PlatformFault(f"{path} is no table") from error


def _array(data: bytes) -> NDArray[Any]:
    """The array of an .npy file, read-only and not copied. ValueError where it is none, or one of objects."""
    start = _PREFIX.size + (_PREFIX.unpack_from(data)[1] if len(data) >= _PREFIX.size else 0)
    if data[: len(_PLAIN)] != _PLAIN or len(data) < start:
        return np.load(io.BytesIO(data), allow_pickle=False)
    shape, by_columns, dtype = _header(data[len(_PLAIN) : start])
    if by_columns or dtype.hasobject:
        return np.load(io.BytesIO(data), allow_pickle=False)
    return np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape)


@functools.lru_cache(maxsize=256)
def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    """What the header of an .npy file says; reading it takes longer than the array, and few are different."""
    try:
        return np.lib.format.read_array_header_1_0(io.BytesIO(data))
    except (SyntaxError, tokenize.TokenError) as error:
        raise ValueError("the header is no dictionary") from error


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[int, Path]]:
    """A new file in the folder (so that rename is atomic), removed unless it was renamed."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        yield descriptor, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The rename itself must survive a crash: a verdict may already name the digest."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
