# ruff: noqa
# The sealed features, by size.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.ftruncate(3, 0)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
