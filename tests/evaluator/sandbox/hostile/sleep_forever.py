# ruff: noqa
# Sleeping costs no processor time; the wall clock ends it.
# expect: time
import time


def group(X):
    time.sleep(3600)
