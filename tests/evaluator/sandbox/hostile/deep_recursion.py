# ruff: noqa
# The C stack itself overflows.
# expect: crashed
import sys


class A:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def group(X):
    sys.setrecursionlimit(1 << 30)
    return A().x
