"""Submitted files as text for a page: escaped by the template, cut off, and never unpacked to a disk."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from bounty.core import artifacts
from bounty.models import Submission
from bounty.models.stored_files import StoredFile
from evaluator.errors import PlatformFault

# Enough to read through; the whole file can be downloaded.
MOST_CHARACTERS = 40_000
MOST_MEMBERS = 60


@dataclass(frozen=True)
class SourceFile:
    """One submitted file. `part` is its name in downloads; `text` is None where it is no text."""

    part: str
    name: str
    size: int
    text: str | None
    cut: bool = False
    members: tuple[tuple[str, int], ...] = ()  # of a zip: name, bytes when unpacked
    problem: str = ""


def read_source_files(submission: Submission) -> list[SourceFile]:
    """A submission's files, the group's first. A file that is gone says so."""
    return [
        _read_file(part, stored)
        for part, stored in sorted(submission.stored_files.items())
        if part in ("group", "patch")
    ]


def _read_file(part: str, stored: StoredFile) -> SourceFile:
    name = stored.filename or PurePosixPath(stored.path).name
    try:
        content = artifacts.artifact_store().read_bytes(*stored.address)
    except PlatformFault:
        return SourceFile(part, name, 0, None, problem="The stored file is gone; tell who runs this site.")
    suffix = PurePosixPath(stored.path).suffix
    if suffix == ".py":
        text, cut = _printable_text(content)
        return SourceFile(part, name, len(content), text, cut)
    if suffix == ".zip":
        return _read_zip(part, name, content)
    return SourceFile(part, name, len(content), None)


def _read_zip(part: str, name: str, content: bytes) -> SourceFile:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            listed = tuple((each.filename, each.file_size) for each in members[:MOST_MEMBERS])
            code = next((each for each in members if each.filename.endswith(".py")), None)
            if code is None:
                return SourceFile(part, name, len(content), None, members=listed)
            with archive.open(code) as opened:
                # What a member says of its size is its sender's word: read no more than is shown.
                text, cut = _printable_text(opened.read(4 * MOST_CHARACTERS))
            return SourceFile(part, name, len(content), text, cut, listed)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        return SourceFile(part, name, len(content), None, problem=f"The zip cannot be read: {error}")


def _printable_text(content: bytes) -> tuple[str, bool]:
    # Characters that turn text around could make code look like other code.
    text = "".join(
        c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}"
        for c in content.decode("utf-8", "replace")
    )
    return text[:MOST_CHARACTERS], len(text) > MOST_CHARACTERS
