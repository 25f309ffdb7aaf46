"""The site's processes on one machine: started, watched, started again, stopped; with small processes of our own."""

from __future__ import annotations

import functools
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounty import standalone
from bounty.standalone import Stack, StackError

SLEEP = ("sleep", "60")
# Writes its name when it is told to stop, so that the order can be read.
LAST_WORDS = 'trap "echo {name} >> {file}; exit 0" TERM; echo up; while :; do sleep 0.05; done'


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path) as found:
        yield found


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens, and no address is given."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(standalone, "_redis_answers", lambda: False)


@pytest.fixture
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def until_written(file: Path, text: str) -> None:
    deadline = time.monotonic() + 20
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < deadline, f"{text!r} was not written in time"
        time.sleep(0.02)


def ended(stack: Stack, name: str) -> int:
    """Its exit status, once it has ended."""
    return stack.children[name].process.wait(20)


# --- starting --------------------------------------------------------------------------------------------------------
def test_a_port_in_use_is_said_with_another_to_choose():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"port {port} is in use; choose another: PORT={port + 1}"):
            standalone.refuse_busy_port(port)
    standalone.refuse_busy_port(port)


def test_a_named_broker_is_used_and_none_is_started(stack, monkeypatch, no_broker):
    monkeypatch.setenv("REDIS_URL", "redis://example.org")
    stack.start_redis()
    assert stack.children == {}


def test_a_broker_that_listens_already_is_used(stack, monkeypatch, no_broker):
    monkeypatch.setattr(standalone, "_redis_answers", lambda: True)
    stack.start_redis()
    assert stack.children == {}


def test_a_broker_that_does_not_start_is_said_with_its_last_words(stack, tmp_path, monkeypatch, no_broker):
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho this machine has no memory left\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(standalone, "find_redis_binary", lambda: str(broken))
    with pytest.raises(
        StackError, match="redis stopped with exit code 3:\n  this machine has no memory left"
    ):
        stack.start_redis()


def test_the_distributions_server_comes_first_then_valkey_then_the_one_that_is_carried(monkeypatch):
    present = {"redis-server": "/usr/bin/redis-server", "valkey-server": "/usr/bin/valkey-server"}
    monkeypatch.setattr(standalone.shutil, "which", present.get)
    assert standalone.find_redis_binary() == "/usr/bin/redis-server"
    del present["redis-server"]
    assert standalone.find_redis_binary() == "/usr/bin/valkey-server"
    del present["valkey-server"]
    assert Path(standalone.find_redis_binary()).name == "redis-server"


def test_what_does_not_come_up_in_time_is_said_with_where_its_log_is(stack, tmp_path):
    with pytest.raises(StackError, match=f"Redis did not come up within 0 seconds; see {tmp_path / 'logs'}"):
        stack.wait_for(lambda: False, "Redis", seconds=0.1)


def test_what_a_process_says_goes_to_its_log(stack, tmp_path):
    stack.spawn("talker", ["sh", "-c", "echo hello; echo oh no >&2"])
    assert ended(stack, "talker") == 0
    assert (tmp_path / "logs" / "talker.log").read_text() == "hello\noh no\n"


def test_an_evaluating_worker_is_told_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@host/db")
    told = standalone.evaluator_environment()
    assert set(told) <= {
        "PATH", "LANG", "LC_ALL", "TZ", "HOME", "VIRTUAL_ENV", "REDIS_URL", "BOUNTY_ARTIFACTS", "BOUNTY_EMBEDDED",
    }  # fmt: skip
    assert told["BOUNTY_EMBEDDED"] == "1"


def test_workers_get_an_environment_without_secrets_and_the_site_its_own(stack, monkeypatch):
    environments = {}
    monkeypatch.setattr(stack, "spawn", lambda name, command, env=None: environments.update({name: env}))
    stack.start_workers(2)
    stack.start_web(8000)
    assert [name for name, env in environments.items() if env is not None] == ["evaluate-1", "evaluate-2"]
    assert list(environments) == ["evaluate-1", "evaluate-2", "adjudicate", "aside", "beat", "web"]


# --- watching --------------------------------------------------------------------------------------------------------
def test_a_process_that_dies_at_once_ends_the_whole_with_its_last_words(stack):
    stack.spawn("web", ["sh", "-c", "echo the address is wrong; exit 4"])
    ended(stack, "web")
    with pytest.raises(StackError, match="web stopped with exit code 4:\n  the address is wrong"):
        stack.check()


def test_a_process_that_served_for_a_while_is_started_again(stack, monkeypatch, capsys):
    monkeypatch.setattr(standalone, "LIVED_SECONDS", 0)
    stack.spawn("web", ["false"])
    ended(stack, "web")
    stack.check()
    assert stack.children["web"].restarts == 1
    assert "web stopped with exit code 1 and is started again." in capsys.readouterr().err


def test_a_process_that_dies_again_and_again_is_given_up(stack, monkeypatch):
    monkeypatch.setattr(standalone, "LIVED_SECONDS", 0)
    stack.spawn("web", ["false"])
    for _ in range(standalone.RESTARTS):
        ended(stack, "web")
        stack.check()
    ended(stack, "web")
    with pytest.raises(StackError, match="web stopped with exit code 1"):
        stack.check()


# --- stopping --------------------------------------------------------------------------------------------------------
def test_stopping_ends_every_process_and_forgets_it(stack):
    for name in ("redis", "evaluate-1", "web"):
        stack.spawn(name, SLEEP)
    pids = [child.process.pid for child in stack.children.values()]
    stack.stop()
    assert not [pid for pid in pids if is_alive(pid)]
    assert stack.children == {}


def test_the_broker_is_stopped_last(stack, tmp_path):
    order = tmp_path / "order"
    for name in ("redis", "evaluate-1", "web"):
        stack.spawn(name, ["sh", "-c", LAST_WORDS.format(name=name, file=order)])
        until_written(tmp_path / "logs" / f"{name}.log", "up")
    stack.stop()
    words = order.read_text().split()
    assert words[-1] == "redis"
    assert sorted(words) == ["evaluate-1", "redis", "web"]


def test_a_process_that_is_deaf_is_killed(stack, tmp_path, monkeypatch):
    monkeypatch.setattr(standalone, "_wait_for_end", functools.partial(standalone._wait_for_end, seconds=0.2))
    stack.spawn("deaf", ["sh", "-c", 'trap "" TERM; echo up; while :; do sleep 0.05; done'])
    until_written(tmp_path / "logs" / "deaf.log", "up")
    process = stack.children["deaf"].process
    stack.stop()
    assert process.returncode == -signal.SIGKILL


def test_an_error_inside_stops_what_was_started(tmp_path):
    with pytest.raises(StackError), Stack(tmp_path) as stack:
        stack.spawn("web", SLEEP)
        pid = stack.children["web"].process.pid
        raise StackError("no")
    assert not is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_interrupt(signals, number):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell leaves it to what it starts in the background
    standalone.stop_on_signals()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        time.sleep(5)


def test_watching_ends_with_the_interruption_and_leaves_nobody(tmp_path, signals):
    standalone.stop_on_signals()
    told = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    with pytest.raises(KeyboardInterrupt), Stack(tmp_path) as stack:
        stack.spawn("web", SLEEP)
        pid = stack.children["web"].process.pid
        told.start()
        standalone.watch_stack(stack)
    assert not is_alive(pid)


# --- places ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cores", "memory_gb", "places"),
    [(1, 64, 4), (2, 64, 4), (8, 64, 16), (64, 512, 32), (8, 8, 9), (4, 2, 2)],
)
def test_there_are_more_places_than_cores_where_memory_holds_them(cores, memory_gb, places):
    assert standalone.default_places(cores, memory_gb * 1024) == places


def test_the_number_of_places_is_a_setting(stack, monkeypatch, settings):
    settings.EVALUATE_PLACES = 3
    started: list[str] = []
    monkeypatch.setattr(stack, "spawn", lambda name, *_: started.append(name))
    stack.start_workers()
    assert [name for name in started if name.startswith("evaluate")] == [
        "evaluate-1",
        "evaluate-2",
        "evaluate-3",
    ]
