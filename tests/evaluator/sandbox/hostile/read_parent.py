# ruff: noqa
# The zygote's and the worker's descriptors and memory.
# expect: closed
import os

import numpy as np


def group(X):
    paths = [
        f"/proc/{number}/{name}" for number in range(0, 100) for name in ("fd", "environ", "mem", "maps")
    ]
    return np.full(len(X), any(os.path.exists(path) for path in paths) or os.getppid() != 0)
