# ruff: noqa
# Clocks and schedulers of other processes, by number.
# expect: closed
import ctypes

import numpy as np

libc = ctypes.CDLL(None)


def group(X):
    room = (ctypes.c_long * 2)()
    clocks = [p for p in range(2, 9999) if libc.clock_gettime(ctypes.c_int((~p << 3) | 2), room) == 0]
    others = [
        p for p in range(2, 9999) if libc.sched_getparam(p, room) == 0 or libc.sched_getscheduler(p) >= 0
    ]
    return np.full(len(X), bool(clocks or others))
