"""The zygote, the long-lived process in the jail: everything imported, nothing known. It forks one child a job.

Run by the launcher as `python -m evaluator.sandbox.jail.zygote CONTROL_DESCRIPTOR`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluator.sandbox.jail import child, lockdown
from evaluator.sandbox.jail import protocol as wire

MODULES = """
sklearn.calibration sklearn.cluster sklearn.compose sklearn.decomposition sklearn.ensemble
sklearn.feature_extraction.text sklearn.impute sklearn.linear_model sklearn.metrics sklearn.naive_bayes
sklearn.neighbors sklearn.neural_network sklearn.pipeline sklearn.preprocessing sklearn.svm sklearn.tree
scipy.stats torch torch.nn.functional onnxruntime skops.io safetensors.numpy safetensors.torch pyarrow.compute
""".split()  # noqa: SIM905 - a list to read
MESSAGE_BYTES = 65_536


class Zygote:
    """A server of the supervisor's jobs, one at a time."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.bpf = control.recv(MESSAGE_BYTES)
        for name in MODULES:
            importlib.import_module(name)
        _warm_up()
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        if threads != 1:
            raise RuntimeError(f"{threads} threads in the zygote: forking it would be unsafe")
        self._dying: int | None = None
        self.snapshot = lockdown.read_proc()
        self.base = lockdown.measure_address_space()
        self.pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
        # Frozen: a collection in a child would otherwise copy every page that it touches.
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Run jobs until the supervisor closes the socket."""
        self.control.send(json.dumps({"ready": True, "base_mb": self.base[0] >> 20}).encode())
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, wire.LAST_DESCRIPTOR)
            if not message:
                return
            self.control.send(json.dumps(self._run(json.loads(message), descriptors)).encode())
            self._bury()

    def _run(self, job: Mapping[str, Any], descriptors: list[int]) -> dict[str, Any]:
        # A byte on this pipe says that the lockdown was complete before the submission could do anything:
        # a child that dies without it is our fault, one that dies after it is the submission's.
        locked, report_locked = os.pipe()
        started = time.monotonic()
        lockdown.new_pid_namespace()
        pid = os.fork()
        if pid == 0:
            self._child(job, descriptors, report_locked)
        lockdown.return_to_pid_namespace(self.pid_namespace)
        os.close(report_locked)
        for descriptor in descriptors:
            os.close(descriptor)
        late = self._wait(pid, job["wall_s"], job["grace_s"])
        if late and job["at_once"]:
            # Giving back what it filled may take it a while that would tell; nothing of it is read any more.
            self._dying = pid
            os.close(locked)
            return {
                "id": job["id"],
                "status": 0,
                "late": True,
                "locked": False,
                "setup": "",
                "cpu_s": 0.0,
            } | {
                "wall_s": 0.0,
                "spent_s": 0.0,
            }
        waited_s = _waited_for_processor(pid)
        _, status, usage = os.wait4(pid, 0)
        said = os.read(locked, 4096)
        os.close(locked)
        cpu_s, wall_s = usage.ru_utime + usage.ru_stime, time.monotonic() - started
        return {
            "id": job["id"],
            "status": status,
            "late": late,
            "locked": said[:1] == b"+",
            "setup": said[1:].decode(errors="replace"),
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "spent_s": max(cpu_s, wall_s - waited_s),
        }

    def _bury(self) -> None:
        """Wait for the end of a child that was killed and not waited for."""
        pid, self._dying = self._dying, None
        if pid is not None:
            os.waitpid(pid, 0)

    def _wait(self, pid: int, wall_s: float, grace_s: float) -> bool:
        """Whether the child had to be killed for its time."""
        handle = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        poller.register(self.control, 0)  # only its hang-up: the worker is gone
        events = dict(poller.poll((wall_s + grace_s) * 1000))
        if self.control.fileno() in events:
            os._exit(0)
        late = handle not in events
        if late:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
        return late

    def _child(self, job: Mapping[str, Any], descriptors: list[int], report: int) -> None:
        code = 1
        try:
            lockdown.die_with_parent(signal.SIGKILL)
            os.setsid()
            lockdown.offer_to_memory_killer()
            lockdown.enter_namespaces(job["tmp_mb"], self.snapshot)
            wanted = dict(zip(job["descriptors_at"], descriptors, strict=True))
            report_at = wire.LAST_DESCRIPTOR + 1
            lockdown.place_descriptors({**wanted, report_at: report})
            report = report_at
            lockdown.clear_environment()
            lockdown.set_limits(job, self.base)
            lockdown.drop_privileges()
            lockdown.filter_calls(self.bpf)
            os.write(report, b"+")
            os.close(report)
            child.run_job(job)
            code = 0
        except BaseException as error:
            # Before the filter this is our own failure, and the zygote hears of it; after it, nobody does.
            os.write(report, b"-" + repr(error).encode()[:500])
        finally:
            os._exit(code)


def _waited_for_processor(pid: int) -> float:
    """Seconds that a child's first thread was ready to run while others had the processors; 0 where nobody counts."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _warm_up() -> None:
    """Imports that libraries put off until first use, done once instead of in every child."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame({"a": np.zeros(3), "b": ["x", "y", None]})
    frame.describe()
    frame["b"].str.contains("x", na=False)
    schema = pa.schema({"b": pa.large_string()}, metadata={wire.SPEC_KEY: _WARM_SPEC})
    with os.fdopen(os.memfd_create("warm"), "w+b") as file:
        with pa.ipc.new_file(file, schema) as writer:
            writer.write_batch(pa.record_batch([pa.array(["x"], pa.large_string())], schema=schema))
        file.flush()
        child.read_table(file.fileno())


_WARM_SPEC = json.dumps({"columns": [{"name": "b", "kind": "text", "values": []}]}).encode()


def main() -> None:
    """Serve on the control descriptor of the command line."""
    sys.dont_write_bytecode = True
    Zygote(socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__":
    if Path("/proc/self/task").exists():
        main()
    else:
        sys.exit("the zygote runs inside the jail only")
