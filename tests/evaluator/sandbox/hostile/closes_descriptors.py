# ruff: noqa
# Closes all, the result included.
# expect: no_result
import os


def group(X):
    os.closerange(0, 100)
    return X["age"] > 0
