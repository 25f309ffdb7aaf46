"""Lockdown of a child before it looks at the first byte that a stranger wrote: namespaces, limits, privileges,
system calls.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x08000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 32, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
# Libraries read these; a fresh /proc may not be mounted inside a jail, so the child sees a copy made at start.
PROC_SNAPSHOT = ("self/maps", "cpuinfo", "meminfo")


def check_result(result: int, what: str) -> None:
    """Raise OSError where a C call failed: a lockdown that is not complete must not go on."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def read_proc() -> dict[str, bytes]:
    """The contents of the files of /proc that libraries read, by name."""
    return {name: Path("/proc", name).read_bytes() for name in PROC_SNAPSHOT}


def measure_address_space() -> tuple[int, int]:
    """Bytes of address space that this process has mapped, and of them what is its own writable memory."""
    pages = Path("/proc/self/statm").read_text().split()
    return int(pages[0]) * resource.getpagesize(), int(pages[5]) * resource.getpagesize()


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel for a signal when the parent dies."""
    check_result(libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "die with parent")


def new_pid_namespace() -> None:
    """Make the next fork's child process 1 of its own namespace: when it dies, all that it started dies."""
    check_result(libc.unshare(CLONE_NEWPID), "unshare pid")


def return_to_pid_namespace(descriptor: int) -> None:
    """Let the next fork's child start in the zygote's own namespace again."""
    check_result(libc.setns(descriptor, CLONE_NEWPID), "setns pid")


def offer_to_memory_killer() -> None:
    """Make this process the first that the kernel kills where the machine's memory is short: never the worker, whose
    loss would show as another attempt. Where that may not be set, the kernel chooses the largest.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def enter_namespaces(tmp_mb: int, snapshot: Mapping[str, bytes]) -> None:
    """Enter mounts, IPC and network of its own (with no interface up); an empty /tmp; a /proc without processes."""
    check_result(libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET), "unshare")
    _mount(None, "/", None, MS_PRIVATE | MS_REC)
    locked = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount("tmpfs", "/tmp", "tmpfs", locked, f"size={tmp_mb}m,nr_inodes=2048,mode=700")  # noqa: S108 - its own
    _mount("tmpfs", "/proc", "tmpfs", locked, "size=1m,mode=755")
    Path("/proc/self").mkdir()
    for name, content in snapshot.items():
        Path("/proc", name).write_bytes(content)
    _mount(None, "/proc", None, MS_REMOUNT | MS_RDONLY | locked)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    def raw(text: str | None) -> bytes | None:
        return None if text is None else text.encode()

    check_result(libc.mount(raw(source), raw(target), raw(kind), flags, raw(data)), f"mount {target}")


def place_descriptors(wanted: Mapping[int, int]) -> None:
    """Place the descriptors: 0-2 become /dev/null, each `wanted[target] = descriptor`, and everything else is
    closed.
    """
    # Moved high first: a target may be the number of another that was not placed yet.
    null = _moved_high(os.open("/dev/null", os.O_RDWR))
    high = {target: _moved_high(descriptor) for target, descriptor in wanted.items()}
    for target in range(3):
        os.dup2(null, target)
    for target, descriptor in high.items():
        os.dup2(descriptor, target)
    keep = sorted({0, 1, 2, *wanted})
    for low, top in zip(keep, [*keep[1:], 65_536], strict=True):
        os.closerange(low + 1, top)


def _moved_high(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 200)


def set_limits(job: Mapping[str, Any], base: tuple[int, int]) -> None:
    """Set the job's resource limits, soft and hard alike.

    `base`: what `measure_address_space` found in use before the job, which the job does not pay for.
    """
    limits = [
        (resource.RLIMIT_CPU, job["cpu_s"]),
        (resource.RLIMIT_FSIZE, job["file_bytes"]),
        (resource.RLIMIT_NOFILE, job["descriptors"]),
        (resource.RLIMIT_NPROC, job["threads"]),
        (resource.RLIMIT_STACK, 16 << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]
    if not job["gpu"]:  # CUDA reserves far more address space than it uses
        more = job["table_bytes"] + (job["memory_mb"] << 20)
        limits.append((resource.RLIMIT_AS, base[0] + more))
        # Or the room of unmapped libraries could be filled with memory.
        limits.append((resource.RLIMIT_DATA, base[1] + more))
    for which, value in limits:
        resource.setrlimit(which, (value, value))


def drop_privileges() -> None:
    """Drop all capabilities for good, forbid new privileges, and make the process undumpable."""
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # past the last capability of this kernel
    check_result(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities")
    check_result(libc.capset(struct.pack("=II", CAPABILITY_VERSION_3, 0), bytes(24)), "capset")
    check_result(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    check_result(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def filter_calls(bpf: bytes) -> None:
    """Install the compiled seccomp filter; it cannot be taken off again."""
    buffer = ctypes.create_string_buffer(bpf, len(bpf))
    program = _Program(len(bpf) // 8, ctypes.addressof(buffer))
    check_result(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "seccomp")


def clear_environment() -> None:
    """Delete all environment variables but a few, and set the child's own."""
    keep = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY"}
    for name in list(os.environ):
        if name not in keep:
            with contextlib.suppress(KeyError):
                del os.environ[name]
    os.environ.update(HOME="/tmp", TMPDIR="/tmp", PATH="/usr/bin", LANG="C.UTF-8")  # noqa: S108 - the child's own
