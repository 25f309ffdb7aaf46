# ruff: noqa
# A table of answers.
# expect: bad_output
import numpy as np


def group(X):
    return np.ones((len(X), 1000), bool)
