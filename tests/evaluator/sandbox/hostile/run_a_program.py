# ruff: noqa
# Any program.
# expect: closed
import os
import subprocess
import sys

import numpy as np


def group(X):
    for program in ("/bin/sh", "/usr/bin/id", sys.executable):
        try:
            subprocess.run([program, "-c", "1"])
            return np.ones(len(X), bool)
        except OSError:
            pass
        try:
            os.execv(program, [program])
        except OSError:
            pass
    return np.full(len(X), os.system("true") == 0)
