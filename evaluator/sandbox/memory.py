"""Sealed memory files (memfd), which cannot be changed any more."""

from __future__ import annotations

import os

# Linux's own numbers (fcntl.h): where Python does not know them, importing this must not fail, because a model
# without strangers' code is loaded there too.
F_ADD_SEALS = 1033
SEAL_SEAL, SEAL_SHRINK, SEAL_GROW, SEAL_WRITE = 1, 2, 4, 8
READ_ONLY = SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE
FIXED_SIZE = SEAL_SEAL | SEAL_SHRINK | SEAL_GROW


def create(name: str) -> int:
    """The descriptor of a new memory file that can be sealed."""
    return os.memfd_create(name, os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)


def seal(descriptor: int, seals: int = READ_ONLY) -> None:
    """Add seals to a memory file. Raises OSError where it is mapped for writing."""
    import fcntl  # of Unix alone

    fcntl.fcntl(descriptor, F_ADD_SEALS, seals)


def create_sealed(name: str, content: bytes) -> int:
    """The descriptor of a memory file of `content` that nobody can write, grow or shrink."""
    descriptor = create(name)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        seal(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def create_writable(name: str, size: int) -> int:
    """The descriptor of a memory file of `size` zero bytes that can be written but neither grown nor shrunk."""
    descriptor = create(name)
    try:
        os.ftruncate(descriptor, size)
        seal(descriptor, FIXED_SIZE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def reopen(descriptor: int) -> int:
    """The descriptor of the same memory by an open file of its own, for reading.

    A descriptor that is merely passed on shares its position: one job could leave a number there for the next.
    """
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
