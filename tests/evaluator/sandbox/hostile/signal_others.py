# ruff: noqa
# Signals to a number outside.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        for pid in range(2, 40000):
            os.kill(pid, 0)
            break
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
