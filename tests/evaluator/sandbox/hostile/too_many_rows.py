# ruff: noqa
# More answers than rows.
# expect: bad_output
import numpy as np


def group(X):
    return np.ones(len(X) * 100, bool)
