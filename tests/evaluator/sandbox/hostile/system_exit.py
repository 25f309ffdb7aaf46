# ruff: noqa
# SystemExit is an exception like another.
# expect: crashed
import sys


def group(X):
    sys.exit(0)
