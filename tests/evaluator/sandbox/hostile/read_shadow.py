# ruff: noqa
# The machine's passwords.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        open("/etc/shadow").read()
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
