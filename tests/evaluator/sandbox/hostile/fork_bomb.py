# ruff: noqa
# A fork bomb: no child can be made at all.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        while True:
            os.fork()
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
