"""The model file: a zip with a manifest, the list's parts as they came, and their digests."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from evaluator.decision_list.nodes import Node, nodes_from_json, nodes_to_json
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.errors import BountyError
from evaluator.losses import Loss
from evaluator.runtime import PartError, refuse_pickle
from evaluator.schema import Schema

FORMAT = 1
_MANIFEST = "manifest.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same model is the same bytes


class ModelFileError(BountyError):
    """A saved model that cannot or should not be loaded; the message says why and what to do."""


@dataclass(frozen=True)
class SavedList:
    """The content of a model file."""

    schema: Schema
    loss: Loss
    base: Part
    nodes: tuple[Node, ...]
    parts: dict[str, GroupAndPatch]


def save(stored: SavedList, path: Path) -> None:
    """Write the model file beside the target and rename it: a crash leaves the old file or the new one, never half
    of one.
    """
    files: dict[str, bytes] = {}
    manifest = {
        "format": FORMAT,
        "schema": stored.schema.to_json(),
        "loss": stored.loss.to_json(),
        "nodes": nodes_to_json(stored.nodes),
        "base": _put(stored.base, files),
        "parts": {
            key: {
                "group": _put(pair.group, files),
                "patch": _put(pair.patch, files) if pair.patch is not None else None,
            }
            for key, pair in sorted(stored.parts.items())
        },
    }
    files[_MANIFEST] = json.dumps(manifest, indent=1, sort_keys=True).encode()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in sorted(files):
                    archive.writestr(zipfile.ZipInfo(name, _DATE), files[name])
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: Path, *, trust: bool = False) -> SavedList:
    """The checked content of a model file; nothing in it is executed here. Raises ModelFileError."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelFileError(f"{path.name} is not a saved decision list: {error}.") from error
    manifest = _manifest(path, files)
    try:
        stored = _stored(manifest, files)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path.name} is damaged: {type(error).__name__}: {error}.") from error
    if not trust:
        _refuse_executable(path, stored)
    return stored


def has_code(path: Path) -> bool:
    """Whether a model file holds Python or zip parts. Raises ModelFileError as `load` does."""
    return bool(_executable(load(path, trust=True)))


def _manifest(path: Path, files: dict[str, bytes]) -> dict[str, Any]:
    try:
        manifest = json.loads(files[_MANIFEST])
    except (KeyError, ValueError) as error:
        raise ModelFileError(f"{path.name} is not a saved decision list: no readable manifest.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(f"{path.name} has a format that this version does not read (it reads {FORMAT}).")
    return manifest


def _stored(manifest: dict[str, Any], files: dict[str, bytes]) -> SavedList:
    return SavedList(
        Schema.from_json(manifest["schema"]),
        Loss.from_json(manifest["loss"]),
        _get(manifest["base"], files),
        nodes_from_json(manifest["nodes"]),
        {
            key: GroupAndPatch(
                _get(pair["group"], files), _get(pair["patch"], files) if pair["patch"] else None
            )
            for key, pair in manifest["parts"].items()
        },
    )


def _executable(stored: SavedList) -> list[str]:
    """What its parts with Python are called."""
    by_name = {"the base model": stored.base}
    for key, pair in stored.parts.items():
        by_name[f"the group of {key}"] = pair.group
        if pair.patch is not None:
            by_name[f"the patch of {key}"] = pair.patch
    return [name for name, part in by_name.items() if part.is_executable]


def _refuse_executable(path: Path, stored: SavedList) -> None:
    names = _executable(stored)
    if names:
        raise ModelFileError(
            f"{path.name} holds Python code ({', '.join(names)}), which predicting would run with your rights. "
            "Read it first; then load(path, trust=True), or give a sandbox to run it in."
        )


def _put(part: Part, files: dict[str, bytes]) -> dict[str, str]:
    """Contents are named by their digest, so two parts can neither collide nor be confused."""
    name = f"parts/{part.digest}{part.suffix}"
    files[name] = part.content
    return {"kind": part.kind, "function": part.function, "file": name, "sha256": part.digest}


def _get(entry: dict[str, str], files: dict[str, bytes]) -> Part:
    content = files.get(entry["file"])
    if content is None:
        raise ModelFileError(f"The file {entry['file']} is missing from the saved decision list.")
    if sha256(content).hexdigest() != entry["sha256"]:
        raise ModelFileError(f"The file {entry['file']} is not what was saved: its digest differs.")
    try:
        refuse_pickle(entry["file"], content)
    except PartError as error:
        raise ModelFileError(error.message) from error
    return Part(entry["kind"], content, entry["function"])  # type: ignore[arg-type]
