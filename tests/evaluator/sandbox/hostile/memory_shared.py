# ruff: noqa
# Memory that no limit counts as the job's own: shared without a file, of a device, or a stack that grows.
# expect: closed
import ctypes
import os

import numpy as np

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_long,
]


def mapped(flags, descriptor=-1):
    return libc.mmap(None, 1 << 20, 3, flags, descriptor, 0) != ctypes.c_void_p(-1).value


def group(X):
    devices = [f"/dev/{name}" for name in ("zero", "shm", "mem", "full") if os.path.exists(f"/dev/{name}")]
    return np.full(len(X), mapped(0x21) or mapped(0x23) or mapped(0x122) or bool(devices))
