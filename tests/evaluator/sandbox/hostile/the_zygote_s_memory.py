# ruff: noqa
# What the frames and objects inherited from the zygote know: no other job's file, no row, no descriptor of control.
# expect: closed
import gc
import socket
import sys

import numpy as np


def group(X):
    job, frame = {}, sys._getframe()
    while frame:
        job = frame.f_locals.get("job", job)
        frame = frame.f_back
    said = {
        "classes",
        "explain",
        "at_once",
        "gpu",
        "inputs",
        "descriptors_at",
        "kind",
        "function",
        "output",
        "id",
        "table_bytes",
    }
    limits = {"memory_mb", "cpu_s", "wall_s", "grace_s", "tmp_mb", "file_bytes", "threads", "descriptors"}
    open_sockets = []
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket):
            try:
                open_sockets.append(thing.getpeername())
            except OSError:
                pass
    return np.full(len(X), bool(set(job) - said - limits) or bool(open_sockets))
