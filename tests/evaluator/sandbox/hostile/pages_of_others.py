# ruff: noqa
# Which pages of a library lie in memory: another job could have left a message in them.
# expect: closed
import ctypes
import mmap

import numpy as np

libc = ctypes.CDLL(None, use_errno=True)
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]


def group(X):
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return np.full(len(X), libc.mincore(address, 4096, ctypes.create_string_buffer(1)) == 0)
