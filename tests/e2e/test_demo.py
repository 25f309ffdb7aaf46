"""The whole way, in earnest: the demo on a small table with its own Redis, workers, sandbox and site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgres import server
from evaluator.sandbox import is_available
from tests.bad_slice_table import table_with_a_bad_slice
from tests.e2e.site import PATIENCE_S, ROOT, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(4 * PATIENCE_S),
    pytest.mark.sandbox,
    pytest.mark.redis,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]


def run_demo(home: Path, table: Path, **environment: str) -> dict[str, object]:
    """The last line of `manage.py demo --no-serve`, as JSON."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    }
    command = [sys.executable, "manage.py", "demo", "--no-serve", "--port", str(free_port())]
    done = subprocess.run(
        [*command, "--data", str(table), "--label", "outcome"],
        cwd=ROOT,
        env={**kept, "BOUNTY_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def check(told: dict[str, object]) -> None:
    keys = {
        "competition",
        "submissions",
        "accepted",
        "not_shown",
        "failed",
        "base_loss",
        "head_loss",
        "seconds",
    }
    assert set(told) == keys
    assert told["accepted"] >= 1  # type: ignore[operator]
    assert told["failed"] >= 3  # type: ignore[operator]
    assert told["head_loss"] < told["base_loss"]  # type: ignore[operator]


def test_a_table_becomes_a_competition_and_a_better_model(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table_with_a_bad_slice().to_csv(table, index=False)
    first = run_demo(tmp_path / "home", table)
    check(first)
    # A second run serves the same replay again.
    second = run_demo(tmp_path / "home", table)
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


@pytest.fixture
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own on a socket; skipped where none can be started."""
    with server() as url:
        if url is None:
            pytest.skip("no PostgreSQL server can be started on this machine")
        yield url


@pytest.mark.postgres
def test_the_whole_way_on_postgresql(tmp_path: Path, postgres: str) -> None:
    table = tmp_path / "people.parquet"
    table_with_a_bad_slice().to_parquet(table)
    check(run_demo(tmp_path / "home", table, DATABASE_URL=postgres))
