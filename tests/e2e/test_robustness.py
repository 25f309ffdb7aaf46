"""Processes that are killed, hang or are stopped: nothing is lost, and nothing is decided twice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounty.demo.client import Person
from bounty.standalone import find_redis_binary
from evaluator.sandbox import is_available
from tests.e2e.site import PATIENCE_S, ROOT, SLUG, Site, free_port, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(4 * PATIENCE_S),
    pytest.mark.sandbox,
    pytest.mark.redis,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]
# Its runs on secret rows are released after ten times as long.
SLEEPS = "import time\ndef group(X):\n    time.sleep(1)\n    return X['age'] > 40\n"
AGED = "age >= 40 and region == 'east'"


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: a socket's is limited."""
    folder = Path(tempfile.mkdtemp(prefix="rb"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(shared_site: Site) -> Site:
    return shared_site


@pytest.fixture(scope="module")
def alice(running_site: Site) -> Person:
    person = running_site.log_in()
    assert running_site.decided(running_site.submit(person, AGED))["verdicts"] == 1
    return person


def test_a_job_whose_worker_was_killed_is_done_again_and_decided_once(site: Site, alice: Person) -> None:
    key = site.submit(alice, file=SLEEPS)
    until(lambda: site.row(key)["state"] == "evaluating")
    os.kill(site.pid("evaluate-1"), signal.SIGKILL)
    row = site.decided(key)
    assert row["attempt"] == 2
    assert (row["verdicts"], row["outcomes"]) == (1, 1)


def test_a_verdict_whose_worker_was_killed_is_given_once(site: Site, alice: Person) -> None:
    judging = site.pid("-Q adjudicate")
    os.kill(judging, signal.SIGSTOP)
    key = site.submit(alice, AGED)
    time.sleep(1)  # the report waits in the queue
    os.kill(judging, signal.SIGKILL)
    assert site.decided(key)["verdicts"] == 1


def test_what_was_queued_survives_a_killed_broker(site: Site, alice: Person) -> None:
    worker = site.pid("evaluate-1")
    os.kill(worker, signal.SIGSTOP)
    key = site.submit(alice, AGED)
    os.kill(site.pid("redis"), signal.SIGKILL)
    os.kill(worker, signal.SIGCONT)
    assert site.decided(key)["verdicts"] == 1


def test_a_broker_that_hangs_keeps_no_page_waiting(site: Site, alice: Person) -> None:
    broker = site.pid("redis")
    os.kill(broker, signal.SIGSTOP)
    try:
        started = time.monotonic()
        key = site.submit(alice, AGED)
        assert time.monotonic() - started < 30  # it would hang for ever; a second is waited for the cache
        assert site.row(key)["state"] == "queued"
    finally:
        os.kill(broker, signal.SIGCONT)


def test_a_database_that_is_locked_for_a_while_only_delays(site: Site, alice: Person) -> None:
    locked = threading.Event()

    def hold() -> None:
        database = sqlite3.connect(site.home / "db.sqlite3", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        locked.set()
        time.sleep(2)
        database.execute("ROLLBACK")
        database.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(5)
    key = site.submit(alice, AGED)
    thread.join()
    assert site.decided(key)["verdicts"] == 1


def test_a_port_in_use_is_said_and_nothing_is_started(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in (["serve"], ["demo", "--no-serve"]):
            other = Site(home)
            ended = subprocess.run(
                [sys.executable, "manage.py", *command, "--port", str(port)],
                cwd=ROOT, env=other.environment, capture_output=True, text=True, timeout=PATIENCE_S,
            )  # fmt: skip
            assert ended.returncode == 1
            assert f"port {port} is in use; choose another: PORT={port + 1}" in ended.stderr
            assert other.processes() == {}


def test_a_second_site_with_a_broker_on_tcp_runs_beside_the_first(
    site: Site, alice: Person, home: Path
) -> None:
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(home), "--save", ""]
    broker = subprocess.Popen([find_redis_binary(), *options], stdout=subprocess.DEVNULL)
    second = Site(home / "site", REDIS_URL=f"redis://127.0.0.1:{port}/0")
    try:
        second.start()
        second.seed(SLUG)
        person = second.log_in()
        assert second.decided(second.submit(person, AGED))["verdicts"] == 1
        assert not any("redis-server" in command for command in second.processes().values())
        assert site.decided(site.submit(alice, AGED))["verdicts"] == 1
        key = second.submit(person, file=SLEEPS)
        until(lambda: second.row(key)["state"] == "evaluating")
    finally:
        # Killed in the middle of a job, a supervisor takes everything with it.
        second.stop(signal.SIGKILL)
        until(lambda: not second.processes())
        broker.terminate()
        broker.wait(60)


def test_a_site_that_is_stopped_leaves_no_process_and_goes_on_where_it_was(site: Site, alice: Person) -> None:
    worker = site.pid("evaluate-1")
    os.kill(worker, signal.SIGSTOP)
    key = site.submit(alice, AGED)
    os.kill(worker, signal.SIGCONT)
    assert site.stop() == 0
    assert site.processes() == {}
    assert site.half_written() == []
    site.start()
    assert site.decided(key)["verdicts"] == 1


def test_a_site_that_is_terminated_ends_as_with_ctrl_c(site: Site, alice: Person) -> None:
    key = site.submit(alice, file=SLEEPS)
    until(lambda: site.row(key)["state"] == "evaluating")
    assert site.stop(signal.SIGTERM) == 0
    assert site.processes() == {}
    assert site.half_written() == []
