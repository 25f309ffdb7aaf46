# ruff: noqa
# A device.
# expect: closed
import os
import numpy as np


def group(X):
    try:
        os.mknod("/tmp/sda", 0o60600, os.makedev(8, 0))
    except (OSError, ValueError):
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
