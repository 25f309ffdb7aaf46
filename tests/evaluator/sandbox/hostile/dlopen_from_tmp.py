# ruff: noqa
# A library of one's own.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        import ctypes, shutil, glob

        shutil.copy(glob.glob("/usr/lib/*/libm.so.6")[0], "/tmp/x.so")
        ctypes.CDLL("/tmp/x.so")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
