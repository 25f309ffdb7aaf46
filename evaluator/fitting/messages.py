"""The wire format of the fitting process: a JSON header, then blobs. No pickle, even between ourselves."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


def send_frame(stream: BinaryIO, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one frame."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    stream.write(len(text).to_bytes(8, "big"))
    stream.write(text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def receive_frame(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """The next frame's header and blobs. Raises EOFError where the other side is gone."""
    header = json.loads(_exactly(stream, int.from_bytes(_exactly(stream, 8), "big")))
    return header, [_exactly(stream, size) for size in header["blobs"]]


def to_npy(array: NDArray[Any]) -> bytes:
    """The .npy bytes of an array."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def from_npy(data: bytes) -> NDArray[Any]:
    """The array of .npy bytes, any shape. Raises ValueError for objects."""
    return np.load(io.BytesIO(data), allow_pickle=False)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
