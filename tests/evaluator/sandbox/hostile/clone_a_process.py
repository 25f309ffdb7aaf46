# ruff: noqa
# clone without the flag that makes it a thread, and with new namespaces.
# expect: closed
import ctypes

import numpy as np

libc = ctypes.CDLL(None, use_errno=True)


def group(X):
    made = [
        libc.syscall(56, flags, 0, 0, 0, 0) for flags in (17, 0x20000 | 17, 0x10000000 | 0x10000, 0x4000 | 17)
    ]
    return np.full(len(X), any(number >= 0 for number in made))
