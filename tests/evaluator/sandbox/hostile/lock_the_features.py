# ruff: noqa
# A lock that the next job could see.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        import fcntl

        fcntl.flock(3, fcntl.LOCK_EX)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
