# ruff: noqa
# Characters pushed into a terminal.
# expect: closed
import fcntl

import numpy as np


def group(X):
    for descriptor in range(3):
        try:
            fcntl.ioctl(descriptor, 0x5412, b"x")
            return np.ones(len(X), bool)
        except OSError:
            pass
    return np.zeros(len(X), bool)
