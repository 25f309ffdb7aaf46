"""Unpacking of submitted zips: a Python file with the model files beside it."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path, PurePosixPath

from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import PartError

MOST_FILES = 200
LONGEST_NAME = 200
LARGEST_TOTAL = 256 << 20  # bytes unpacked; the jail's private /tmp sets a lower one
LITTER = ("__MACOSX/", ".DS_Store", "__pycache__/")


def unpack_zip(content: bytes, folder: Path, largest: int = LARGEST_TOTAL) -> None:
    """Write the archive's files under `folder`. Raises PartError load_error, too_large or untrusted_types."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _members(archive)
            if sum(member.file_size for member in members) > largest:
                raise PartError("too_large", f"the zip unpacks to more than {largest >> 20} MB")
            prefix = _common_folder(members)
            left = largest
            for member in members:
                left -= _write(archive, member, folder / member.filename[len(prefix) :], left)
    # OSError: a file where another name needs a folder, or a name that the file system does not take.
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, UnicodeError, OSError) as error:
        raise PartError("load_error", f"the zip cannot be read: {error}") from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    infos = [info for info in infos if not any(litter in info.filename for litter in LITTER)]
    if len(infos) > MOST_FILES:
        raise PartError("too_large", f"the zip holds {len(infos)} files; at most {MOST_FILES} are taken")
    seen: set[str] = set()
    for info in infos:
        _check_name(info)
        if info.filename in seen:
            raise PartError("load_error", f"the zip holds {info.filename!r} twice")
        seen.add(info.filename)
    return infos


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename
    path = PurePosixPath(name)
    strange = path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name
    if strange or not name.isprintable() or len(name) > LONGEST_NAME:
        raise PartError("load_error", f"the zip holds a name that is not allowed: {name[:80]!a}")
    mode = info.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        raise PartError("load_error", f"the zip holds {name!r}, which is not a plain file")
    if info.flag_bits & 1:
        raise PartError("load_error", f"the zip holds {name!r}, which is encrypted")


def _common_folder(members: list[zipfile.ZipInfo]) -> str:
    """People often zip a folder rather than its files: that one folder is dropped."""
    heads = {member.filename.split("/", 1)[0] for member in members}
    if len(heads) == 1 and all("/" in member.filename for member in members):
        return heads.pop() + "/"
    return ""


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    # The declared size is the archive's own word, so the reading itself is bounded.
    with archive.open(member) as source:
        data = source.read(left + 1)
    if len(data) > left:
        raise PartError("too_large", "the zip unpacks to more than it declares")
    refuse_pickle(member.filename, data)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return len(data)
