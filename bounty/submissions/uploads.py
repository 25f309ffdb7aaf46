"""Recognition of uploaded files from their name and first bytes; nothing of them is run or unpacked here."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.errors import Refusal

if TYPE_CHECKING:
    from django.core.files import File

PYTHON, ZIP, ONNX, SKOPS = "python", "zip", "onnx", "skops"
SUFFIXES = {".py": PYTHON, ".zip": ZIP, ".onnx": ONNX, ".skops": SKOPS}
ACCEPTED_FILES = gettext_lazy(
    "Send a Python file (.py), a zip with one inside (.zip), an ONNX model (.onnx) or a skops file (.skops)."
)

_SKOPS_INSTEAD = gettext_lazy(
    "Convert it once, where you trust it: skops.io.dump(model, 'model.skops'), and send model.skops."
)
_TORCH_INSTEAD = gettext_lazy(
    "Convert it once, where you trust it: torch.onnx.export(model, example, 'model.onnx'), or save the weights with "
    "safetensors.torch.save_file and send them in a zip beside a Python file that loads them."
)
# Loading one of these runs whatever its author put into it, so none is ever loaded here.
_PICKLES = {
    ".pkl": _SKOPS_INSTEAD,
    ".pickle": _SKOPS_INSTEAD,
    ".joblib": _SKOPS_INSTEAD,
    ".dill": _SKOPS_INSTEAD,
    ".cloudpickle": _SKOPS_INSTEAD,
    ".pt": _TORCH_INSTEAD,
    ".pth": _TORCH_INSTEAD,
    ".ckpt": _TORCH_INSTEAD,
}
_ZIP_START, _ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
# A directory of many entries takes a kilobyte of memory for each of its few bytes; a large forest has ten thousand.
MOST_ENTRIES = 50_000
# Protocols 2 to 5; a model that joblib compressed starts as zlib does.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"x\x9c", b"x\x01", b"x\xda")


@dataclass(frozen=True)
class Upload:
    """An uploaded file that was read and recognised."""

    kind: str
    suffix: str
    filename: str
    content: bytes

    def defines(self, function: str) -> bool:
        """Whether a Python file defines the function at its top level, as far as its text tells."""
        return (
            re.search(rb"^(?:async\s+)?def\s+" + function.encode() + rb"\s*\(", self.content, re.M)
            is not None
        )


def read_upload(file: File, field: str, limit: int) -> Upload:
    """Read and recognise an upload of at most `limit` bytes; its size is checked before its content.

    Raises Refusal, with how to mend it, for what is too large, empty, a pickle, or none of the known kinds.
    """
    filename = PurePath(file.name or "file").name[:100]
    suffix = PurePath(filename).suffix.lower()
    if suffix in _PICKLES:
        raise Refusal(
            _("%(suffix)s files can run anything when they are loaded. %(pickles)s")
            % {"suffix": suffix, "pickles": _PICKLES[suffix]},
            field,
        )
    if suffix == ".safetensors":
        raise Refusal(
            _("This competition has no shared network, so weights alone cannot be used. ") + ACCEPTED_FILES,
            field,
        )
    if suffix not in SUFFIXES:
        raise Refusal(
            _("%(filename)s is of no kind that can be run here. %(can_send)s")
            % {"filename": filename, "can_send": ACCEPTED_FILES},
            field,
        )
    if not file.size:
        raise Refusal(_("%(filename)s is empty.") % {"filename": filename}, field)
    if file.size > limit:
        raise Refusal(
            _("%(filename)s has %(size)s; the most allowed here is %(limit)s.")
            % {"filename": filename, "size": _mb(file.size), "limit": _mb(limit)},
            field,
        )
    file.seek(0)
    content = file.read(limit + 1)
    if isinstance(content, str):
        content = content.encode()
    if len(content) > limit:
        raise Refusal(
            _("%(filename)s is larger than the %(limit)s allowed here.")
            % {"filename": filename, "limit": _mb(limit)},
            field,
        )
    upload = Upload(SUFFIXES[suffix], suffix, filename, content)
    _check_content(upload, field)
    return upload


def _check_content(upload: Upload, field: str) -> None:
    start = upload.content[:4]
    if start.startswith(_PICKLE_STARTS):
        raise Refusal(
            _("%(filename)s is a pickle under another name. %(skops_instead)s")
            % {"filename": upload.filename, "skops_instead": _SKOPS_INSTEAD},
            field,
        )
    if upload.kind == PYTHON:
        _check_text(upload, field)
    elif upload.kind == ONNX:
        # A ModelProto starts with its first field, the version of the format.
        if not upload.content.startswith(b"\x08"):
            raise Refusal(
                _("%(filename)s is no ONNX model. %(can_send)s")
                % {"filename": upload.filename, "can_send": ACCEPTED_FILES},
                field,
            )
    else:
        _check_zip(upload, field)


def _check_text(upload: Upload, field: str) -> None:
    try:
        text = upload.content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = upload.content[: error.start].count(b"\n") + 1
        raise Refusal(
            _("%(filename)s is no UTF-8 text (line %(line)s). Save it as UTF-8.")
            % {"filename": upload.filename, "line": line},
            field,
        ) from None
    if "\0" in text:
        raise Refusal(
            _("%(filename)s holds a zero byte, so it is no Python text.") % {"filename": upload.filename},
            field,
        )


def _check_zip(upload: Upload, field: str) -> None:
    """Raises Refusal for a broken archive, a pickle inside, or a missing file; only names are read."""
    try:
        if not upload.content.startswith(_ZIP_START):
            raise zipfile.BadZipFile
        if upload.content.count(_ZIP_ENTRY) > MOST_ENTRIES:
            raise Refusal(
                _("%(filename)s holds more than %(most_entries)s files.")
                % {"filename": upload.filename, "most_entries": f"{MOST_ENTRIES:,}"},
                field,
            )
        with zipfile.ZipFile(io.BytesIO(upload.content)) as archive:
            names = [PurePath(name) for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refusal(
            _("%(filename)s is no %(suffix)s file, or it was cut short.")
            % {"filename": upload.filename, "suffix": upload.suffix},
            field,
        ) from None
    for name in names:
        if name.suffix.lower() == ".pkl":
            raise Refusal(
                _("%(filename)s holds a pickle (%(name)s). %(torch_instead)s")
                % {"filename": upload.filename, "name": name, "torch_instead": _TORCH_INSTEAD},
                field,
            )
        if name.suffix.lower() in _PICKLES:
            raise Refusal(f"{upload.filename} holds {name}. {_PICKLES[name.suffix.lower()]}", field)
    if upload.kind == SKOPS and PurePath("schema.json") not in names:
        raise Refusal(
            _("%(filename)s was not written by skops.io.dump: it has no schema.json.")
            % {"filename": upload.filename},
            field,
        )
    if upload.kind == ZIP and not any(name.suffix == ".py" for name in names):
        raise Refusal(
            _("%(filename)s holds no Python file. Put one beside the model files.")
            % {"filename": upload.filename},
            field,
        )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
