# ruff: noqa
# The sealed features, by descriptor.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.pwrite(3, b"x" * 64, 0)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
