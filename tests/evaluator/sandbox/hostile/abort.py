# ruff: noqa
# Calls abort.
# expect: crashed
import os


def group(X):
    os.abort()
