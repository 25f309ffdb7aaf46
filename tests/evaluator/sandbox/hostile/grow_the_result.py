# ruff: noqa
# A result larger than was given.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.ftruncate(5, 1 << 40)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
