"""The probe job, which tries the ways out of its jail and answers which of them are closed.

It is ordinary submitted code, so that what it finds is what a stranger would find.
"""

from __future__ import annotations

# name -> what a closed way means, in the order of the job's answers
PROBES = {
    "files of the application": "the application's folder is not to be seen",
    "files of the machine": "/etc, /home, /root and /var are not to be seen",
    "writing": "nothing can be written outside a private /tmp",
    "environment": "no variable of the worker is passed on",
    "other processes": "no process but the job itself can be seen or signalled",
    "network": "no socket can be made",
    "starting programs": "nothing can be executed or forked",
    "privileges": "no capability, and none can be gained",
    "descriptors": "nothing is open but the job's own inputs and its result",
    "memory": "no memory but its own, which its limit counts",
    "secret features": "the sealed features cannot be written",
}

SOURCE = """
import ctypes, mmap, os, socket
import numpy as np

libc = ctypes.CDLL(None, use_errno=True)

def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False

def absent(*paths):
    return not any(os.path.exists(path) for path in paths)

def writing():
    places = ["/", "/usr", "/opt", "/dev", "/proc", "/opt/app/evaluator/runtime"]
    return all(refused(lambda: open(place + "/x", "w")) for place in places)

def programs():
    libc.fork.restype = ctypes.c_int
    return refused(lambda: os.execv("/usr/lib/x", ["x"])) and refused(os.fork) and libc.vfork() == -1

def processes():
    numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    return os.getpid() == 1 and not numbers and refused(lambda: os.kill(WORKER, 0)) and refused(lambda: os.kill(-1, 0))

def privileges():
    unshare = libc.unshare(0x10000000)
    mount = libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
    return unshare == -1 and mount == -1 and libc.prctl(39, 0, 0, 0, 0) in (-1, 1)

def descriptors():
    found = set()
    for number in range(1024):
        try:
            os.fstat(number)
            found.add(number)
        except OSError:
            pass
    return found <= {0, 1, 2, 3, 4, 5, 6, 7}

def group(X):
    allowed = {"HOME", "TMPDIR", "PATH", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY"}
    return np.array([
        absent(APPLICATION, "/opt/app/bounty", "/opt/app/evaluator/sandbox/supervisor.py"),
        absent("/etc/passwd", "/home", "/root", "/var", "/run"),
        writing(),
        set(os.environ) <= allowed,
        processes(),
        refused(lambda: socket.socket(socket.AF_INET)) and refused(lambda: socket.socket(socket.AF_UNIX)),
        programs(),
        privileges(),
        descriptors(),
        refused(lambda: mmap.mmap(-1, 4096)) and absent("/dev/zero", "/dev/shm"),
        refused(lambda: os.pwrite(3, b"x", 0)) and refused(lambda: os.ftruncate(3, 0)),
    ])
"""
