"""A whole site as processes of its own, for tests that hurt it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bounty.demo.client import Person
from tests.e2e.seed import UNTAUGHT

ROOT = Path(__file__).resolve().parents[2]
# Competitions beside that of `seed.UNTAUGHT`; in the first nobody does anything before its test.
FRESH, SLUG = "fresh", "robust"
SEED = """
import sys, django; django.setup()
from tests.e2e import seed; seed.open_competitions(sys.argv[1:])
"""
# Only a site that is broken is waited for so long: on a busy machine a start alone may take minutes.
PATIENCE_S = 600.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """The first true answer; an assertion fails where none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := ready()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)
    return answer


class Site:
    """`manage.py serve` with one evaluating worker, in a folder of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.port = home, free_port()
        dropped = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BOUNTY_ARTIFACTS")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        settings = {"DJANGO_SETTINGS_MODULE": "bounty.settings", "LEASE_SECONDS": "12"}
        self.environment = {**kept, **settings, "BOUNTY_HOME": str(home), **environment}
        self.process: subprocess.Popen[str] | None = None
        self.token = ""

    def start(self) -> None:
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--evaluators", "1"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)
        until(self.answers)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/", timeout=20) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, number: int = signal.SIGINT) -> int | None:
        """As Ctrl-C does. Returns the exit status; None where nothing ran."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.process = None
        return status

    def half_written(self) -> list[Path]:
        """Files that somebody began to write and neither finished nor took away."""
        return [path for path in self.home.rglob(".*-*") if path.is_file() and path.name != ".secret_key"]

    def seed(self, *slugs: str) -> None:
        """Open these competitions (the last one is listed first); `token` is then that of somebody new."""
        environment = {**self.environment, "PYTHONPATH": str(ROOT)}
        made = subprocess.run(
            [sys.executable, "-c", SEED, *slugs],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        self.token = made.stdout.split()[-1]

    def log_in(self) -> Person:
        """Alice, a competitor."""
        person = Person(f"http://127.0.0.1:{self.port}")
        person.log_in("alice", (self.home / "demo-password").read_text())
        return person

    def submit(self, person: Person, expression: str = "", file: str = "") -> str:
        """Send a finding; returns its key."""
        fields = {"expression": expression, "patch": "none", "description": "A group."}
        files = {"group_file": ("group.py", file.encode())} if file else {}
        return person.post(f"/c/{SLUG}/submit/", fields, files).rstrip("/").rsplit("/", 1)[-1]

    def row(self, key: str) -> dict[str, Any]:
        """The submission as the database has it, with how many verdicts and outcomes it has."""
        name = key.replace("-", "")
        with sqlite3.connect(f"file:{self.home}/db.sqlite3?mode=ro", uri=True) as database:
            found = database.execute(
                "SELECT state, attempt, quota_returned, "
                "(SELECT count(*) FROM bounty_verdict WHERE submission_id = s.id), "
                "(SELECT count(*) FROM bounty_outcome WHERE submission_id = s.id) "
                "FROM bounty_submission s WHERE id = ?",
                [name],
            ).fetchone()
        return dict(zip(("state", "attempt", "quota_returned", "verdicts", "outcomes"), found, strict=True))

    def decided(self, key: str, seconds: float = PATIENCE_S) -> Mapping[str, Any]:
        """The row once it has its verdict."""
        until(lambda: self.row(key)["state"] in ("worse", "not_shown"), seconds)
        return self.row(key)

    def pid(self, word: str) -> int:
        """The process of the stack whose command line holds the word."""
        return next(pid for pid, command in self.processes().items() if word in command)

    def processes(self) -> dict[int, str]:
        """Every process that this site started, by its command line, wherever it hangs in the tree."""
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                environment = (folder / "environ").read_bytes() if folder.name.isdigit() else b""
                command = (folder / "cmdline").read_bytes() if environment else b""
            except OSError:
                continue
            if f"{self.home}".encode() in environment + command:
                found[int(folder.name)] = command.replace(b"\0", b" ").decode()
        return found


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    found = Site(Path(tempfile.mkdtemp(prefix="wb")))  # a short path: a socket's is limited
    try:
        found.start()
        found.seed(SLUG, FRESH, UNTAUGHT)
        until(lambda: "evaluate-1" in str(found.processes()))
        yield found
    finally:
        found.stop()
        shutil.rmtree(found.home, ignore_errors=True)


@pytest.fixture
def shared_site(running_site: Site) -> Site:
    """One site for the tests that need a whole one, for a start costs half a processor minute. It runs."""
    if running_site.process is None:
        running_site.start()
    return running_site
