# ruff: noqa
# The machine's users.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/etc/passwd").read()
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
