"""The seccomp filter of system calls, compiled outside the jail and passed in as bytes."""

from __future__ import annotations

import tempfile
from functools import cache

from evaluator.errors import SandboxUnavailable
from evaluator.sandbox import policy


@cache
def build_filter(gpu: bool = False) -> bytes:
    """The compiled BPF program. Raises SandboxUnavailable where libseccomp is missing or refuses."""
    try:
        import pyseccomp as seccomp
    except (ImportError, OSError, RuntimeError) as error:
        raise SandboxUnavailable(f"libseccomp cannot be used ({error}): install libseccomp2") from error
    rules = seccomp.SyscallFilter(seccomp.ERRNO(policy.EPERM))

    def allow(call: str, argument: int, values: tuple[int, ...]) -> None:
        for value in values:
            rules.add_rule(seccomp.ALLOW, call, seccomp.Arg(argument, seccomp.EQ, value))

    for call in policy.ALLOWED_CALLS:
        rules.add_rule(seccomp.ALLOW, call)
    rules.add_rule(seccomp.ERRNO(policy.ENOSYS), "clone3")
    threads_only = seccomp.Arg(
        0, seccomp.MASKED_EQ, policy.CLONE_THREAD | policy.CLONE_NAMESPACES, policy.CLONE_THREAD
    )
    rules.add_rule(seccomp.ALLOW, "clone", threads_only)
    for kind in policy.MMAP_ALLOWED:
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, policy.MMAP_KINDS, kind))
    allow("fcntl", 1, policy.FCNTL_COMMANDS)
    allow("prctl", 0, policy.PRCTL_OPTIONS)
    allow("kill", 0, (policy.OWN_PROCESS,))
    allow("tgkill", 0, (policy.OWN_PROCESS,))
    allow("prlimit64", 2, (0,))  # reading limits, not setting them
    if gpu:
        rules.add_rule(seccomp.ALLOW, "ioctl")  # the only way to talk to the driver
    else:
        allow("ioctl", 1, policy.IOCTL_REQUESTS)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
