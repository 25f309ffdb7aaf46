# ruff: noqa
# The sealed features, by a shared mapping.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        import mmap

        mmap.mmap(3, 0)[0:1] = b"x"
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
