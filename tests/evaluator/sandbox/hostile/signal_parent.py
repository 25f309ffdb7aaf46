# ruff: noqa
# Signals to everybody.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.kill(-1, 9)
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
