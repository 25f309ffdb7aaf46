"""Pickle detection: opaque programs in the guise of data, refused with the way to convert."""

from __future__ import annotations

import io
import zipfile

from evaluator.runtime.spec import PartError

SUFFIXES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt")
HOW_TO_CONVERT = (
    "a pickle can run any program when it is opened, so it is refused. Convert a scikit-learn model with "
    "skops.io.dump(model, 'model.skops'), a network with torch.onnx.export(...) to 'model.onnx' or "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
)


def refuse_pickle(name: str, content: bytes) -> None:
    """Raise PartError("untrusted_types") where the name or the content is a pickle (joblib, dill, torch)."""
    if name.lower().endswith(SUFFIXES) or looks_like_pickle(content):
        raise PartError("untrusted_types", f"{name}: {HOW_TO_CONVERT}")


def looks_like_pickle(content: bytes) -> bool:
    """Whether the bytes are a pickle of protocol 2 or later, compressed or not by joblib's defaults, or a torch
    archive.
    """
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if content[:2] == b"PK":
        return _is_torch_archive(content)
    return False


def _is_torch_archive(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.endswith("/data.pkl") or name == "data.pkl" for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
