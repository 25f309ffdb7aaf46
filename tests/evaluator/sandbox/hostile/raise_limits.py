# ruff: noqa
# Its own limits.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
