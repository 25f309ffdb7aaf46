# ruff: noqa
# A fork by libc, which Python cannot forbid.
# expect: closed
import ctypes

import numpy as np


def group(X):
    libc = ctypes.CDLL(None)
    return np.full(len(X), libc.fork() >= 0 or libc.vfork() >= 0)
