# ruff: noqa
# The worker's variables, in os and in memory.
# expect: closed
import os

import numpy as np


def group(X):
    names = {
        "DATABASE_URL",
        "SECRET_KEY",
        "REDIS_URL",
        "BOUNTY_ARTIFACTS",
        "USER",
        "PWD",
        "SANDBOX_TEST_SECRET",
    }
    return np.full(len(X), bool(names & set(os.environ)) or os.path.exists("/proc/self/environ"))
