# ruff: noqa
# A file in memory of its own, outside every limit.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.memfd_create("x")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
