# ruff: noqa
# An endless generator.
# expect: bad_output
import itertools


def group(X):
    return itertools.repeat(True)
