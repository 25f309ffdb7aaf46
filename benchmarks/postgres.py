"""A temporary PostgreSQL server, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server() -> Iterator[str | None]:
    """The DATABASE_URL of a fresh server that listens on a socket only; None where none can be started."""
    postgres, initdb = _binary("postgres"), _binary("initdb")
    if postgres is None or initdb is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a short path: sockets allow 107 bytes
    prefix: list[str] = []
    if os.getuid() == 0:
        # PostgreSQL refuses to run as root.
        shutil.chown(folder, "nobody")
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    data = str(folder / "data")
    try:
        made = _run([*prefix, initdb, "-D", data, "-U", "bounty", "--auth=trust", "-N"]).wait()
        if made:
            yield None
            return
        options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        process = _run([*prefix, postgres, "-D", data, *options])
        try:
            yield f"postgresql://bounty@/postgres?host={folder}" if _came_up(folder) else None
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd="/")  # noqa: S603 - our own, no shell


def _binary(name: str) -> str | None:
    """On the PATH, or where Debian keeps it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def _came_up(folder: Path) -> bool:
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(host=str(folder), user="bounty", dbname="postgres").close()
            return True
        except psycopg.OperationalError:
            time.sleep(0.1)
    return False
