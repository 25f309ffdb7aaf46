"""The jail is refused when it would be unsafe, and replaced when it fails or grows old."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluator.errors import PlatformFault, SandboxUnavailable
from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import (
    Job,
    Policy,
    Sandbox,
    SealedTable,
    checks,
    launcher,
    process,
    seccomp,
    supervisor,
)
from tests.evaluator.sandbox.jobs import SPEC, TIGHT, group, ran


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_until_gone(pids: list[str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


HONEST = group("def group(X): return X['age'] > 50")


def test_without_bubblewrap_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher.shutil, "which", lambda *_, **__: None)
    with pytest.raises(SandboxUnavailable, match="install the package 'bubblewrap'"):
        Sandbox(TIGHT).start()


def test_without_a_filter_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyseccomp", None)
    seccomp.build_filter.cache_clear()
    with pytest.raises(SandboxUnavailable, match="libseccomp"):
        Sandbox(TIGHT).start()
    seccomp.build_filter.cache_clear()


def test_without_namespaces_nothing_is_run_and_the_reason_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> list[str]:
        return ["/bin/sh", "-c", "echo 'No permissions to create new namespace' >&2; exit 1"]

    monkeypatch.setattr(process, "jail_command", refused)
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace"):
        Sandbox(TIGHT).start()


def test_the_health_check_says_that_code_would_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "jail_command", lambda *_, **__: ["/bin/false"])
    checks.why_unavailable.cache_clear()
    found = checks.check_sandbox()
    checks.why_unavailable.cache_clear()
    assert checks.is_refused(found)
    assert not any(check.name == "a job in the jail" for check in found)


@pytest.mark.sandbox
def test_the_health_check_tries_every_way_out_of_a_real_jail() -> None:
    found = {check.name: check for check in checks.check_sandbox()}
    assert not checks.is_refused(list(found.values())), [c for c in found.values() if c.required and not c.ok]
    assert {"a job in the jail", *checks.PROBES} <= set(found)


@pytest.mark.sandbox
def test_the_jail_runs_as_nobody_that_owns_a_file(sandbox: Sandbox, public: SealedTable) -> None:
    ran(sandbox.run(HONEST, public))
    zygote = sandbox._zygote
    assert zygote is not None
    uids = {line for line in Path(f"/proc/{zygote.pid}/status").read_text().splitlines() if "Uid" in line}
    assert not any("\t0" in line for line in uids)


def test_the_application_is_not_among_what_is_bound() -> None:
    bound = {str(source) for source in launcher._binds().values()}
    root = launcher.PACKAGE.parent
    assert (
        str(root) not in bound and str(root / "evaluator") not in bound and str(root / "bounty") not in bound
    )
    ours = {path for path in bound if path.startswith((f"{root}/evaluator", f"{root}/bounty"))}
    assert ours == {f"{root}/evaluator/runtime", f"{root}/evaluator/sandbox/jail"}


def test_what_is_bound_imports_nothing_else_of_ours() -> None:
    import ast

    for folder in ("runtime", "sandbox/jail"):
        for path in (launcher.PACKAGE / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                for name in names:
                    allowed = name.startswith(("evaluator.runtime", "evaluator.sandbox.jail"))
                    assert allowed or not name.startswith(("evaluator", "bounty", "django")), (
                        f"{path}: {name}"
                    )


def test_no_wider_rules_are_given_where_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "gpu_devices", list)
    assert not Sandbox(TIGHT, gpu=True).gpu
    monkeypatch.setattr(supervisor, "gpu_devices", lambda: ["/dev/nvidia0"])
    assert Sandbox(TIGHT, gpu=True).gpu


@pytest.mark.sandbox
def test_a_lost_jail_is_our_fault_and_the_next_job_gets_a_new_one(frame: pd.DataFrame) -> None:
    with Sandbox(TIGHT) as sandbox:
        table = sandbox.seal(frame, SPEC)
        ran(sandbox.run(HONEST, table))
        assert sandbox._zygote is not None
        inside = children(sandbox._zygote.pid)
        os.kill(sandbox._zygote.pid, signal.SIGKILL)
        sandbox._zygote._process.wait(60)  # its jail dies with it; before that a job may still be answered
        wait_until_gone(inside)
        with pytest.raises(PlatformFault, match="started anew"):
            sandbox.run(HONEST, table)
        ran(sandbox.run(HONEST, table))
        table.close()


@pytest.mark.sandbox
def test_a_jail_is_replaced_after_its_jobs_and_after_a_kill(frame: pd.DataFrame) -> None:
    with Sandbox(Policy(jobs_per_zygote=2, memory_mb=256)) as sandbox:
        table = sandbox.seal(frame, SPEC)
        seen = []
        for _ in range(3):
            ran(sandbox.run(HONEST, table))
            assert sandbox._zygote is not None
            seen.append(sandbox._zygote.pid)
        assert seen[0] == seen[1] != seen[2]
        assert sandbox.run(group("import ctypes\nctypes.string_at(0)"), table).status == "crashed"
        assert sandbox._zygote is None
        table.close()


@pytest.mark.sandbox
def test_closing_leaves_no_process_behind(frame: pd.DataFrame) -> None:
    with Sandbox(TIGHT) as sandbox:
        assert sandbox._zygote is not None
        pid = sandbox._zygote.pid
        inside = children(pid)
        assert inside
    assert not Path(f"/proc/{pid}").exists()
    wait_until_gone(inside)


@pytest.mark.sandbox
def test_threads_may_share_a_sandbox(sandbox: Sandbox, secret: SealedTable, frame: pd.DataFrame) -> None:
    answers: list[np.ndarray] = []

    def work(limit: int) -> None:
        job = group(f"def group(X): return X['age'] > {limit}")
        answers.append(ran(sandbox.run(job, secret)).values == (frame["age"] > limit))

    threads = [threading.Thread(target=work, args=(limit,)) for limit in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and all(answer.all() for answer in answers)


def test_a_small_table_gets_ten_seconds_and_a_large_one_more() -> None:
    assert Policy().seconds(50_000) == (10, 15.0)
    assert Policy().seconds(20_000_000) == (30, 45.0)


@pytest.mark.sandbox
def test_features_are_not_charged_to_a_job_s_memory() -> None:
    rows = 3_000_000
    frame = pd.DataFrame({f"c{i}": np.arange(rows, dtype=float) for i in range(12)})  # 288 MB
    spec = TableSpec(tuple(ColumnSpec(name, "number") for name in frame.columns))
    with Sandbox(Policy(memory_mb=128)) as sandbox:
        table = sandbox.seal(frame, spec)
        small = group("def group(X): return X['c0'] > 5")
        large = group("def group(X): return X.to_numpy(copy=True).sum(axis=1) > 5")
        assert ran(sandbox.run(small, table)).values.sum() == rows - 6
        assert sandbox.run(large, table).status == "memory"
        table.close()


def test_a_table_is_built_once_and_the_least_used_goes(frame: pd.DataFrame) -> None:
    sandbox = Sandbox(TIGHT)
    sandbox.tables.most = 2
    built: list[str] = []

    def get(digest: str) -> SealedTable:
        def build() -> SealedTable:
            built.append(digest)
            return sandbox.seal(frame, SPEC)

        return sandbox.cached_table(digest, build)

    first = get("a")
    get("b"), get("a"), get("c"), get("a")
    assert built == ["a", "b", "c"]
    get("b")
    assert built == ["a", "b", "c", "b"]
    assert get("b").rows == first.rows
    sandbox.close()


def test_a_table_with_another_columns_than_the_schema_s_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(KeyError):
        Sandbox(TIGHT).seal(frame.drop(columns="age"), SPEC)


@pytest.mark.sandbox
def test_probabilities_and_numbers_come_back_exactly(
    sandbox: Sandbox, secret: SealedTable, frame: pd.DataFrame
) -> None:
    source = b"def predict(X): return X['age'] / 100"
    wanted = (frame["age"] / 100).to_numpy()
    values = ran(sandbox.run(Job("python", source, "predict", OutputSpec("values")), secret)).values
    np.testing.assert_array_equal(values, wanted)
    chances = Job("python", source, "predict", OutputSpec("probabilities", ("no", "yes")))
    np.testing.assert_allclose(
        ran(sandbox.run(chances, secret)).values, np.column_stack([1 - wanted, wanted])
    )


# --- jobs that end by a release ----------------------------------------------------------------------------------
SLEEPS = group("import time\ndef group(X): time.sleep(60)")
ENDS = group("import os, signal\ndef group(X): os.kill(os.getpid(), signal.SIGKILL)")


@pytest.mark.sandbox
@pytest.mark.parametrize("job", [SLEEPS, ENDS], ids=["sleeps", "ends"])
def test_a_job_that_has_to_end_by_then_leaves_the_jail_as_it_was(
    sandbox: Sandbox, secret: SealedTable, job: Job
) -> None:
    ran(sandbox.run(HONEST, secret))
    before = sandbox._zygote
    assert not sandbox.run(job, secret, until=time.monotonic() + 1).ok
    assert sandbox._zygote is before
    ran(sandbox.run(HONEST, secret, until=time.monotonic() + 30))


@pytest.mark.sandbox
def test_a_job_whose_time_is_over_is_not_begun(sandbox: Sandbox, secret: SealedTable) -> None:
    assert sandbox.run(HONEST, secret, until=time.monotonic()).status == "time"


@pytest.mark.sandbox
def test_no_jail_is_started_within_a_release(secret: SealedTable) -> None:
    with pytest.raises(PlatformFault, match="closed"):
        Sandbox(TIGHT).run(HONEST, secret, until=time.monotonic() + 30)


@pytest.mark.sandbox
def test_what_a_job_spent_counts_its_sleep(sandbox: Sandbox, secret: SealedTable) -> None:
    naps = group("import time\ndef group(X):\n    time.sleep(0.3)\n    return X['age'] > 50")
    assert ran(sandbox.run(naps, secret)).spent_s >= 0.3
    assert ran(sandbox.run_checked(naps, secret)).spent_s >= 0.6


@pytest.mark.sandbox
def test_the_machine_s_memory_killer_takes_a_job_first(sandbox: Sandbox, secret: SealedTable) -> None:
    shown: list[str] = []

    def look() -> None:
        zygote = sandbox._zygote
        assert zygote is not None
        [inner] = children(zygote.pid)
        [serving] = children(int(inner))
        for child in children(int(serving)):
            shown.append(Path(f"/proc/{child}/oom_score_adj").read_text().strip())

    ran(sandbox.run(HONEST, secret))
    timer = threading.Timer(1.0, look)
    timer.start()
    sandbox.run(SLEEPS, secret, until=time.monotonic() + 3)
    timer.join()
    assert shown == ["1000"]
