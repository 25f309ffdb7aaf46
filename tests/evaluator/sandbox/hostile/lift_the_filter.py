# ruff: noqa
# Privileges and the filter itself.
# expect: closed
import ctypes

import numpy as np

libc = ctypes.CDLL(None, use_errno=True)


def group(X):
    calls = [(22, 0), (38, 0), (4, 1), (8, 1), (47, 2), (28, 0), (59, 0), (35, 1)]
    return np.full(len(X), any(libc.prctl(option, value, 0, 0, 0) == 0 for option, value in calls))
