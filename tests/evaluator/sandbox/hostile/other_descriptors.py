# ruff: noqa
# A descriptor that was left open: the control socket, another job's input.
# expect: closed
import os

import numpy as np


def opened():
    for number in range(4096):
        try:
            found = os.fstat(number)
        except OSError:
            continue
        yield number, (found.st_dev, found.st_ino)


def group(X):
    files = dict(opened())
    given = {file for number, file in files.items() if number <= 7}
    return np.full(len(X), bool(set(files.values()) - given) or files.keys() - set(range(9)) != set())
