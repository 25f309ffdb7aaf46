"""Submitted files as text for a page: escaped by the template, cut off, and never unpacked to a disk."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from bounty.core import artifacts
from bounty.models import Submission
from bounty.models.stored import StoredFile
from evaluator.errors import PlatformFault

# Enough to read through; the whole file can be downloaded.
MOST_CHARACTERS = 40_000
MOST_MEMBERS = 60


@dataclass(frozen=True)
class Source:
    """One submitted file. `part` is how its download is called; `text` is None where it is no text."""

    part: str
    name: str
    size: int
    text: str | None
    cut: bool = False
    members: tuple[tuple[str, int], ...] = ()  # of a zip: name, bytes when unpacked
    problem: str = ""


def sources(submission: Submission) -> list[Source]:
    """Its files, the group's first. A file that is gone says so."""
    return [
        _read(part, stored)
        for part, stored in sorted(submission.stored_files.items())
        if part in ("group", "patch")
    ]


def _read(part: str, stored: StoredFile) -> Source:
    name = stored.filename or PurePosixPath(stored.path).name
    try:
        content = artifacts.artifact_store().read_bytes(*stored.address)
    except PlatformFault:
        return Source(part, name, 0, None, problem="The stored file is gone; tell who runs this site.")
    suffix = PurePosixPath(stored.path).suffix
    if suffix == ".py":
        text, cut = _text(content)
        return Source(part, name, len(content), text, cut)
    if suffix == ".zip":
        return _zip(part, name, content)
    return Source(part, name, len(content), None)


def _zip(part: str, name: str, content: bytes) -> Source:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            listed = tuple((each.filename, each.file_size) for each in members[:MOST_MEMBERS])
            code = next((each for each in members if each.filename.endswith(".py")), None)
            if code is None:
                return Source(part, name, len(content), None, members=listed)
            with archive.open(code) as opened:
                # What a member says of its size is its sender's word: read no more than is shown.
                text, cut = _text(opened.read(4 * MOST_CHARACTERS))
            return Source(part, name, len(content), text, cut, listed)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        return Source(part, name, len(content), None, problem=f"The zip cannot be read: {error}")


def _text(content: bytes) -> tuple[str, bool]:
    # Characters that turn text around could make code look like other code.
    text = "".join(
        c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}"
        for c in content.decode("utf-8", "replace")
    )
    return text[:MOST_CHARACTERS], len(text) > MOST_CHARACTERS
