"""Isolation checks of the sandbox on this machine, measured from inside a jail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from evaluator.errors import BountyError, SandboxUnavailable
from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox.launcher import PACKAGE, find_program, gpu_devices, jail_command
from evaluator.sandbox.probes import PROBES, SOURCE
from evaluator.sandbox.results import Job
from evaluator.sandbox.seccomp import build_filter
from evaluator.sandbox.supervisor import Sandbox

TRIAL_TIMEOUT_S = 30
SECRETS = ("DATABASE_URL", "SECRET_KEY")


@dataclass(frozen=True)
class Check:
    """One isolation check. Where `required` is not `ok`, no submitted code is run."""

    name: str
    ok: bool
    required: bool
    detail: str


@cache
def why_unavailable() -> str:
    """The reason why no jail can be made here; "" where one can. Tried once a process: about 50 ms."""
    try:
        build_filter()
        trial = subprocess.run(  # noqa: S603 - our own command line
            jail_command(["-c", "pass"]),
            capture_output=True,
            timeout=TRIAL_TIMEOUT_S,
            cwd="/",
            check=False,
        )
    except SandboxUnavailable as error:
        return str(error)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the jail cannot be started: {error}"
    if trial.returncode != 0:
        said = trial.stderr.decode(errors="replace").strip()[-300:]
        return f"namespaces are not permitted here: {said or trial.returncode}"
    return ""


def is_available() -> bool:
    """Whether jails can be made here."""
    return not why_unavailable()


def check_sandbox(private: Sequence[Path] = ()) -> list[Check]:
    """All isolation checks, required ones first. Untrusted code is refused unless all required ones are ok.

    `private`: the database, keys and labels of this set-up, which an evaluating worker need not read.
    """
    checks = [_bubblewrap(), _filter(), _namespaces()]
    checks += _inside() if all(check.ok for check in checks) else []
    return [*checks, *_around(private)]


def is_refused(checks: list[Check]) -> bool:
    """Whether submitted code would be refused."""
    return any(check.required and not check.ok for check in checks)


def _bubblewrap() -> Check:
    try:
        path = find_program("bwrap", "bubblewrap")
        version = subprocess.run([path, "--version"], capture_output=True, timeout=5, check=True)  # noqa: S603
    except (SandboxUnavailable, OSError, subprocess.SubprocessError) as error:
        return Check("bubblewrap", False, True, str(error))
    return Check("bubblewrap", True, True, version.stdout.decode().strip())


def _filter() -> Check:
    try:
        size = len(build_filter())
    except SandboxUnavailable as error:
        return Check("system call filter", False, True, str(error))
    return Check("system call filter", True, True, f"compiled by libseccomp, {size // 8} instructions")


def _namespaces() -> Check:
    why = why_unavailable()
    return Check("namespaces", not why, True, why or "user, mount, pid, ipc, net, uts and cgroup are private")


def _inside() -> list[Check]:
    """Honest code runs, and each way out is closed: the answers come from a job that tries them."""
    probes = list(PROBES)
    table = pd.DataFrame({"probe": np.arange(len(probes), dtype=float)})
    spec = TableSpec((ColumnSpec("probe", "number"),))
    source = SOURCE.replace("APPLICATION", repr(str(PACKAGE.parent))).replace("WORKER", str(os.getpid()))
    try:
        with Sandbox() as sandbox:
            sealed = sandbox.seal(table, spec, public=True)
            result = sandbox.run(
                Job("python", source.encode(), "group", OutputSpec("mask")), sealed, explain=True
            )
            sealed.close()
    except BountyError as error:
        return [Check("a job in the jail", False, True, str(error))]
    if not result.ok:
        return [Check("a job in the jail", False, True, f"{result.status}: {result.explanation}")]
    ran = Check("a job in the jail", True, True, f"answered in {result.wall_s * 1000:.0f} ms")
    closed = [
        Check(name, bool(ok), True, PROBES[name]) for name, ok in zip(probes, result.values, strict=True)
    ]
    return [ran, *closed]


def _around(private: Sequence[Path]) -> list[Check]:
    """What the jail cannot give: how far apart this set-up keeps its own processes."""
    exposed = [name for name in SECRETS if os.environ.get(name)]
    return [
        Check(
            "worker without secrets",
            not exposed,
            False,
            f"this process has {' and '.join(exposed)} in its environment: an evaluate worker must not"
            if exposed
            else "no database or signing key in this process's environment",
        ),
        _own_user(private),
        Check(
            "memory of all jobs together",
            _memory_is_bounded(),
            False,
            "each job is limited by what it writes; a limit for the worker as a whole comes from its cgroup",
        ),
        _accelerator(),
        Check(
            "caches and clocks",
            False,
            False,
            "jobs on one machine share its caches, and how long a job took on secret rows can be guessed: "
            "both could carry a few bits of secret features, never labels",
        ),
    ]


def _own_user(private: Sequence[Path]) -> Check:
    """Whether whoever runs this could read what only the site needs. Run it as the worker's user to ask about that."""
    name = "worker with a user of its own"
    user = "root" if os.geteuid() == 0 else _user_name()
    readable = [str(path) for path in private if path.exists() and os.access(path, os.R_OK)]
    if readable:
        return Check(
            name,
            False,
            False,
            f"runs as {user}, who can read {', '.join(readable)}: only the jailed child is shut out, "
            "unless each process gets its own system user",
        )
    if not private or os.geteuid() == 0:
        return Check(
            name, False, False, f"runs as {user}; where the database and the labels lie was not looked at"
        )
    return Check(name, True, False, f"runs as {user}, who can read neither the database nor the labels here")


def _accelerator() -> Check:
    devices = gpu_devices()
    if not devices:
        return Check("GPU", True, False, "no device is given to jobs: models run on the CPU")
    return Check(
        "GPU",
        False,
        False,
        f"jobs of a GPU worker talk to the driver ({', '.join(devices)}), and their memory is not limited",
    )


def _user_name() -> str:
    import pwd  # of Unix alone

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _memory_is_bounded() -> bool:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        group = next(line.split(":", 2)[2] for line in lines if line.startswith("0::"))
        return Path(f"/sys/fs/cgroup{group}/memory.max").read_text().strip() != "max"
    except (OSError, StopIteration):
        return False
