"""The fitting process as its owner sees it: started once, kept warm, killed at the time limit."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from evaluator.errors import ErrorClass, ParticipantError, PlatformFault
from evaluator.fitting import messages

START_LIMIT_S = 120.0
# scikit-learn leaks a little; a fresh process now and then costs two seconds.
JOBS_A_PROCESS = 200
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "SYSTEMROOT")


class FittingProcess:
    """The fitting process: one child, one job at a time; threads wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._jobs = 0

    def run(
        self, header: Mapping[str, Any], blobs: Sequence[bytes], limit_s: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """The child's answer to one job. Raises ParticipantError(time or memory), or PlatformFault where it is our
        fault.
        """
        with self._lock:
            child = self._started()
            self._jobs += 1
            answer = self._ask(child, header, blobs, limit_s)
        if answer is None:
            raise ParticipantError(
                ErrorClass.TIME, f"Fitting took longer than {limit_s:g} seconds. Choose a simpler learner."
            )
        problem = answer[0].get("problem")
        if problem == "memory":
            raise ParticipantError(
                ErrorClass.MEMORY, "Fitting needed too much memory. Choose a simpler learner."
            )
        if problem:
            raise PlatformFault(f"Fitting failed: {problem}")
        return answer

    def start(self) -> None:
        """Start the child where none runs, and wait until it is ready. Raises PlatformFault."""
        with self._lock:
            self._started()

    def close(self) -> None:
        """Stop the child; the next job starts another."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                # A frame cut short by the kill may still wait to be flushed into the broken pipe.
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _started(self) -> subprocess.Popen[bytes]:
        # After a fork the pipes would be shared with the parent: each process owns a child of its own.
        if self._owner != os.getpid():
            self._child = None
        if self._child is not None and (self._child.poll() is not None or self._jobs >= JOBS_A_PROCESS):
            self.close()
        if self._child is None:
            root = str(Path(__file__).resolve().parents[2])
            environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
            self._child = subprocess.Popen(
                [sys.executable, "-m", "evaluator.fitting.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=root,
                # Threads that spin while they wait for each other make a fit on a busy machine ten times as long.
                env={"OMP_WAIT_POLICY": "PASSIVE", **environment, "PYTHONPATH": root},
            )
            self._owner, self._jobs = os.getpid(), 0
            if self._answer(self._child, START_LIMIT_S) is None:
                raise PlatformFault("The fitting process did not start.")
        return self._child

    def _ask(
        self,
        child: subprocess.Popen[bytes],
        header: Mapping[str, Any],
        blobs: Sequence[bytes],
        limit_s: float,
    ) -> tuple[dict[str, Any], list[bytes]] | None:
        try:
            messages.send_frame(cast(BinaryIO, child.stdin), header, blobs)
        except BrokenPipeError:
            self.close()
            raise PlatformFault("The fitting process is gone.") from None
        return self._answer(child, limit_s)

    def _answer(
        self, child: subprocess.Popen[bytes], limit_s: float
    ) -> tuple[dict[str, Any], list[bytes]] | None:
        """The next frame, or None where the limit was reached and the child killed."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            child.kill()

        timer = threading.Timer(limit_s, expire)
        timer.daemon = True
        timer.start()
        try:
            return messages.receive_frame(cast(BinaryIO, child.stdout))
        except EOFError:
            self.close()
            if expired.is_set():
                return None
            raise PlatformFault(f"The fitting process ended with status {child.returncode}.") from None
        finally:
            timer.cancel()


PROCESS = FittingProcess()
atexit.register(PROCESS.close)


def start() -> None:
    """Start the fitting process before it is needed: it imports scikit-learn for seconds. Raises PlatformFault."""
    PROCESS.start()
