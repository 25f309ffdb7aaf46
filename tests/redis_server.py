"""A Redis server of a test's own, on a unix socket."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from bounty.standalone import find_redis_binary


@contextmanager
def running_redis() -> Iterator[str]:
    """The address of a server that ends with the block. Its socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="rd") as folder:
        socket = f"{folder}/s"
        options = ["--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""]
        server = subprocess.Popen([find_redis_binary(), *options], stdout=subprocess.DEVNULL)
        try:
            with redis.Redis(unix_socket_path=socket) as client:
                wait_for(lambda: _answers(client))
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait(10)


def wait_for(ready, seconds: float = 120) -> None:
    """Wait until ready() is true; fails where it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.01)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
