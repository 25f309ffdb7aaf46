"""The sandbox's supervisor, its trusted side: one zygote, one job at a time."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import ErrorClass, PlatformFault
from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import memory, policy, results, tables
from evaluator.sandbox.jail import protocol as wire
from evaluator.sandbox.launcher import gpu_devices
from evaluator.sandbox.policy import Policy
from evaluator.sandbox.process import ZygoteProcess
from evaluator.sandbox.results import Job, Result
from evaluator.sandbox.tables import SealedTable, SealedTableCache
from evaluator.schema import Schema

CLOSE_RELATIVE, CLOSE_ABSOLUTE = 1e-4, 1e-6
WARM_JOBS = 2
WARM_FRAME = pd.DataFrame({"a": np.arange(1000.0)})
WARM_TABLE = TableSpec((ColumnSpec("a", "number"),))
WARM_JOB = Job("python", b"def group(X):\n    return X['a'] > 5\n", "group", OutputSpec("mask"))


class Sandbox:
    """A sandbox that runs submitted parts in a jail. Use it as a context manager; safe to share between threads.

    Create it in a thread that lives as long as it does: the jail dies with the thread that started it.
    Raises SandboxUnavailable where code cannot be run safely, and PlatformFault where the jail failed (the
    next job gets a new one). `gpu` gives jobs the machine's NVIDIA devices, where there are any: they may then talk
    to the driver, and their memory is not limited by address space (give the worker a cgroup of its own).
    """

    def __init__(self, policy: Policy | None = None, *, gpu: bool = False) -> None:
        self.policy = policy or Policy()
        # Without a device the wider rules that a driver needs would be given away for nothing.
        self.gpu = gpu and bool(gpu_devices())
        self.tables = SealedTableCache()
        self._lock = threading.RLock()
        self._zygote: ZygoteProcess | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the jail now rather than with the first job; a new one where it has run for long."""
        with self._lock:
            self._recycle()
            if self._zygote is None:
                self._zygote = ZygoteProcess(gpu=self.gpu)

    def warm_up(self) -> None:
        """Run a job of our own, whose answer nobody takes.

        A jail that has just worked is a little quicker than one that has waited. How long it waited another's code may
        have decided, by a secret row; so before every order it has just done the same.
        """
        table = self.cached_table("warm-up", lambda: self.seal(WARM_FRAME, WARM_TABLE, public=True))
        for _ in range(WARM_JOBS):
            self.run(WARM_JOB, table)

    def close(self) -> None:
        """End the jail and close the cached tables."""
        with self._lock:
            self._stop()
            self.tables.close()

    def seal(self, frame: pd.DataFrame, schema: Schema | TableSpec, *, public: bool = False) -> SealedTable:
        """A sealed table of features for jobs. The caller closes it; `public` rows may be explained."""
        return tables.seal_table(frame, schema, public=public)

    def cached_table(self, digest: str, build: Callable[[], SealedTable], together: int = 2) -> SealedTable:
        """The sealed table of this digest, built once and kept while it is used. The sandbox closes it.

        `together` of them are needed at once, whatever they take.
        """
        with self._lock:
            return self.tables.get(digest, build, together)

    def run(
        self,
        job: Job,
        table: SealedTable,
        *,
        rows: NDArray[Any] | None = None,
        explain: bool = False,
        until: float | None = None,
    ) -> Result:
        """The result of calling the part once. `rows`: bool[n] or row numbers that it gets to see (default: all).

        `explain` asks for the reason of a failure in the child's words; ValueError where rows are not public.
        `until` is a time of the monotonic clock at which the job is killed. Such a run does nothing that later ones
        could tell by their time: no jail is ended or started for it, whatever it does.
        """
        if explain and not table.public:
            raise ValueError("nothing but an error class comes back from secret rows")
        if len(job.content) > self.policy.max_part_bytes:
            limit = self.policy.max_part_bytes >> 20
            return Result(ErrorClass.TOO_LARGE, explanation=f"a part may have {limit} MB" if explain else "")
        picked = None if rows is None else _row_numbers(rows, table.rows)
        with self._lock:
            return self._run(job, table, picked, explain, until)

    def run_checked(
        self,
        job: Job,
        table: SealedTable,
        *,
        rows: NDArray[Any] | None = None,
        explain: bool = False,
        until: float | None = None,
    ) -> Result:
        """The result of `run`, checked for row independence by a second run on half of the rows
        (`SealedTable.shuffled`). Its seconds are those of both.

        Exactly for masks and class codes, closely for numbers; otherwise the status is `not_rowwise`.
        """
        first = self.run(job, table, rows=rows, explain=explain, until=until)
        if not first.ok or job.output.kind == "expression" or len(first.values) == 0:
            return first
        if rows is None:
            with self._lock:
                again, order = table.shuffled()
            second = self.run(job, again, explain=explain, until=until)
        else:
            numbers = _row_numbers(rows, table.rows)
            with self._lock:
                order = table.shuffled_rows(numbers)
            second = self.run(job, table, rows=numbers[order], explain=explain, until=until)
        if not second.ok:
            return second
        both = replace(
            first,
            cpu_s=first.cpu_s + second.cpu_s,
            wall_s=first.wall_s + second.wall_s,
            spent_s=first.spent_s + second.spent_s,
        )
        if _same(first.values[order], second.values):
            return both
        words = "the same row got another answer when fewer rows, in another order, were given"
        return replace(both, status=ErrorClass.NOT_ROWWISE, values=None, explanation=words if explain else "")

    def _run(
        self,
        job: Job,
        table: SealedTable,
        rows: NDArray[Any] | None,
        explain: bool,
        until: float | None = None,
    ) -> Result:
        count = table.rows if rows is None else len(rows)
        size = wire.result_size(job.output.kind, count, len(job.output.classes))
        with self._descriptors(job, table, rows, size, explain) as places:
            message = self._message(job, table, size, list(places), rows, explain)
            if until is not None:
                message |= {"wall_s": min(message["wall_s"], until - time.monotonic()), "grace_s": 0.0}
                message["at_once"] = True
                if message["wall_s"] <= 0:
                    return Result(ErrorClass.TIME)
            report = self._ask(message, list(places.values()))
            status, values = results.judge_result(
                report, places[wire.RESULT], job.output, count, message["cpu_s"]
            )
            words = results.read_explanation(places[wire.EXPLANATION]) if explain and status != "ok" else ""
        return Result(status, values, words, report["cpu_s"], report["wall_s"], report["spent_s"])

    def _ask(self, message: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        at_once = message["at_once"]
        if not at_once:
            self.start()
        zygote = self._zygote
        if zygote is None:
            raise PlatformFault("the jail is closed")
        zygote.jobs += not at_once
        try:
            report = zygote.run_job(message, descriptors, message["wall_s"] + policy.SUPERVISOR_GRACE_S)
        except PlatformFault:
            self._zygote = None  # it is dead already
            raise
        if at_once and report["late"]:
            return report
        if not report["locked"]:
            self._stop()
            raise PlatformFault(f"a job could not be locked down: {report['setup'] or report['status']}")
        if ended_by_signal(report) and not at_once:
            self._stop()  # an anomaly: the next job gets a jail that this one never touched
        return report

    def _message(
        self,
        job: Job,
        table: SealedTable,
        size: int,
        places: list[int],
        rows: NDArray[Any] | None,
        explain: bool,
    ) -> dict[str, Any]:
        given = {"rows": rows, "labels": job.labels, "loss": job.loss}
        cells = (table.rows if rows is None else len(rows)) * len(table.spec.columns)
        cpu_s, wall_s = self.policy.seconds(cells)
        return {
            "id": next(self._numbers),
            "kind": job.kind,
            "function": job.function,
            "output": job.output.to_json(),
            "inputs": [name for name, value in given.items() if value is not None],
            "descriptors_at": places,
            "explain": explain,
            "gpu": self.gpu,
            "table_bytes": table.size + size + len(job.content),
            "memory_mb": self.policy.memory_mb,
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "grace_s": policy.KILL_GRACE_S,
            "at_once": False,
            "tmp_mb": self.policy.tmp_mb,
            "file_bytes": max(self.policy.file_mb << 20, size),
            "threads": self.policy.threads,
            "descriptors": self.policy.descriptors,
        }

    @contextlib.contextmanager
    def _descriptors(
        self, job: Job, table: SealedTable, rows: NDArray[Any] | None, size: int, explain: bool
    ) -> Iterator[dict[int, int]]:
        """The child's descriptors, by the number that they will have there."""
        places: dict[int, int] = {}
        try:
            places[wire.FEATURES] = memory.reopen(table.descriptor)
            places[wire.PART] = memory.create_sealed("part", job.content)
            places[wire.RESULT] = memory.create_writable("result", size)
            arrays = [array for array in (rows, job.labels, job.loss) if array is not None]
            if arrays:
                places[wire.INPUTS] = memory.create_sealed("inputs", _npy(arrays))
            if explain:
                places[wire.EXPLANATION] = memory.create_writable("explanation", wire.EXPLANATION_BYTES)
            yield places
        finally:
            for descriptor in places.values():
                os.close(descriptor)

    def _recycle(self) -> None:
        """A new jail every few hundred jobs: they share its address layout and its hash seed."""
        if self._zygote is not None and self._zygote.jobs >= self.policy.jobs_per_zygote:
            self._stop()

    def _stop(self) -> None:
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote = None


def ended_by_signal(report: Mapping[str, Any]) -> bool:
    """Whether a job was killed, for its time or by what it did, instead of ending by itself."""
    return bool(report["late"]) or os.WIFSIGNALED(report["status"])


def _row_numbers(rows: NDArray[Any], n: int) -> NDArray[np.integer[Any]]:
    rows = np.asarray(rows)
    numbers = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
    wrong_length = rows.dtype == bool and len(rows) != n
    if wrong_length or (len(numbers) and (numbers.min() < 0 or numbers.max() >= n)):
        raise ValueError(f"rows must be bool[{n}] or row numbers from 0 to {n - 1}")
    return numbers


def _npy(arrays: list[NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    for array in arrays:
        np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _same(first: NDArray[Any], second: NDArray[Any]) -> bool:
    if first.dtype.kind != "f":
        return bool(np.array_equal(first, second))
    return bool(np.allclose(first, second, rtol=CLOSE_RELATIVE, atol=CLOSE_ABSOLUTE))
