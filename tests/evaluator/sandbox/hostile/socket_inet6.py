# ruff: noqa
# A way to talk to somebody.
# expect: closed
import socket

import numpy as np


def group(X):
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_RAW if "AF_INET6" == "AF_NETLINK" else socket.SOCK_STREAM)
    except OSError:
        return np.zeros(len(X), bool)
    return np.ones(len(X), bool)
