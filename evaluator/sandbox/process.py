"""The zygote's process, seen from outside: starting it, giving it a job, killing it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.errors import PlatformFault, SandboxUnavailable
from evaluator.sandbox import policy
from evaluator.sandbox.launcher import jail_command
from evaluator.sandbox.seccomp import build_filter

MESSAGE_BYTES = 65_536


class ZygoteProcess:
    """A running zygote. Raises SandboxUnavailable where it does not come up."""

    def __init__(self, *, gpu: bool = False) -> None:
        bpf = build_filter(gpu)
        self.jobs = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        arguments = ["-m", "evaluator.sandbox.jail.zygote", str(theirs.fileno())]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                jail_command(arguments, gpu=gpu),
                pass_fds=[theirs.fileno()],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                cwd="/",
            )
        except BaseException:
            self._control.close()
            self._errors.close()
            raise
        finally:
            theirs.close()
        self._wait_until_ready(bpf)

    def _wait_until_ready(self, bpf: bytes) -> None:
        self._control.settimeout(policy.START_TIMEOUT_S)
        try:
            self._control.send(bpf)
            message = self._control.recv(MESSAGE_BYTES)
        except OSError:
            message = b""
        if not message:
            self.kill()
            raise SandboxUnavailable(f"the jail did not start, so nothing is run: {self._last_words}")

    def run_job(self, job: Mapping[str, Any], descriptors: Sequence[int], timeout_s: float) -> dict[str, Any]:
        """The zygote's report on one job. Raises PlatformFault where none comes."""
        self._control.settimeout(timeout_s)
        try:
            socket.send_fds(self._control, [json.dumps(job).encode()], list(descriptors))
            report = json.loads(self._control.recv(MESSAGE_BYTES))
        except (OSError, ValueError) as error:
            self.kill()
            raise PlatformFault(
                f"the jail was lost and is started anew: {self._last_words or error}"
            ) from error
        if report["id"] != job["id"]:
            self.kill()
            raise PlatformFault("the jail answered out of turn and is started anew")
        return report

    def kill(self) -> None:
        """End the jail and all in it: its first process dies with bubblewrap."""
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        if not self._errors.closed:
            self._errors.seek(0)
            self._last_words = self._errors.read(65_536).decode(errors="replace").strip()[-500:]
            self._errors.close()

    _last_words = ""

    @property
    def pid(self) -> int:
        """The process id of bubblewrap."""
        return self._process.pid
