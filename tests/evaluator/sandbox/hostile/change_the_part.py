# ruff: noqa
# The submission itself.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.pwrite(4, b"x", 0)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
