# ruff: noqa
# Giving up the libraries' address space, to fill it with memory beyond the limit.
# expect: closed
import ctypes

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
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
STEP, LIMIT_MB = 1 << 20, 256


def group(X):
    for line in open("/proc/self/maps"):
        place = line.split()[0]
        if "libtorch_cpu" in line or "onnxruntime" in line:
            start, stop = (int(end, 16) for end in place.split("-"))
            libc.munmap(start, stop - start)
    filled = []
    while (page := libc.mmap(None, STEP, 3, 0x22, -1, 0)) != ctypes.c_void_p(-1).value:
        ctypes.memset(page, 1, STEP)
        filled.append(page)
    for page in filled:
        libc.munmap(page, STEP)
    return np.full(len(X), len(filled) > LIMIT_MB)
