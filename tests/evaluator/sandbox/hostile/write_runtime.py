# ruff: noqa
# The runner's own code.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/opt/app/evaluator/runtime/loading.py", "a")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
