# ruff: noqa
# A file among the libraries.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/opt/packages/0/sitecustomize.py", "w")
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
