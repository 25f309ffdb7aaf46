# ruff: noqa
# One array larger than the machine.
# expect: memory
import numpy as np


def group(X):
    return np.ones((1 << 20, 1 << 20))[: len(X), 0] > 0
