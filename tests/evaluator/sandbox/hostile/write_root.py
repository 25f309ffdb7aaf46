# ruff: noqa
# A file outside /tmp.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/x", "w")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
