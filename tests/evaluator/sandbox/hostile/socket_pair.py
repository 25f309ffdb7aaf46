# ruff: noqa
# A socket pair.
# expect: closed
import socket

import numpy as np


def group(X):
    try:
        socket.socketpair()
    except OSError:
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
