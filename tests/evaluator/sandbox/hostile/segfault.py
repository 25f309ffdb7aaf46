# ruff: noqa
# Reads address 0.
# expect: crashed
import ctypes


def group(X):
    ctypes.string_at(0)
