# ruff: noqa
# System V and POSIX shared memory.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/dev/shm/x", "w")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
