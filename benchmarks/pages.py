"""Speed of pages with a crowd: `python -m benchmarks.pages [--json] [--rounds N] [--teams N] [--submissions N]
...`.

Builds 500 teams, 10,000 submissions and 300 versions on SQLite and on PostgreSQL, starts the site (gunicorn) over each,
and asks for the pages in turn with a bare Django page of one query, side by side in one run. Ratios are what count.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from benchmarks import postgres
from benchmarks.figures import progress, report
from benchmarks.latency import free_port, is_listening

if TYPE_CHECKING:
    from benchmarks.crowd import Crowd

GOAL_RATIO, GOAL_BYTES = 3.0, 150 * 1024
BARE = "bare page"
SVG = re.compile(rb"<svg\b.*?</svg>", re.DOTALL)
LINKED = re.compile(rb'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--rounds", type=int, default=200, help="times that every page is asked for")
    parser.add_argument("--teams", type=int, default=500)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=300)
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        measure_here(options)
        return
    with postgres.server() as url:
        for name, address in (("SQLite", None), ("PostgreSQL", url)):
            if name == "PostgreSQL" and url is None:
                progress("no PostgreSQL on this machine: left out")
                continue
            with tempfile.TemporaryDirectory(prefix="pages-") as home:
                command = [sys.executable, "-m", "benchmarks.pages", *sys.argv[1:], "--here", name]
                subprocess.run(command, env=environment(home, address), check=True)  # noqa: S603 - our own


def environment(home: str, database: str | None) -> dict[str, str]:
    """A site of this run's own."""
    dropped = ("DATABASE_URL", "REDIS_URL", "BOUNTY_ARTIFACTS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    own = {"BOUNTY_HOME": home, "DJANGO_SETTINGS_MODULE": "benchmarks.bare_settings", "LOG_LEVEL": "WARNING"}
    return kept | own | ({"DATABASE_URL": database} if database else {})


def measure_here(options: argparse.Namespace) -> None:
    """One database: build, serve, measure, report."""
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import crowd

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with site() as address:
        built = crowd.build_crowd(crowd.Size(options.teams, options.submissions, options.versions))
        cookie = log_in(built)
        pages = addresses(built)
        progress(f"{options.here}: asking")
        times = ask(address, pages, cookie, options.rounds)
        for name in pages:
            if name != BARE:
                report_times(f"{options.here}, {name}", times[name], times[BARE], as_json=options.json)
                weight = page_bytes(address, pages[name], cookie)
                holds = weight <= GOAL_BYTES
                report(
                    f"{options.here}, {name}, weight without pictures",
                    round(weight / 1024, 1),
                    "KB",
                    f"<= {GOAL_BYTES // 1024}",
                    holds,
                    as_json=options.json,
                )


@contextmanager
def site() -> Iterator[str]:
    """Redis and gunicorn as `manage.py serve` starts them; no workers."""
    from bounty.standalone import Stack

    port = free_port()
    with Stack() as stack:
        stack.start_redis()
        stack.start_web(port)
        stack.wait_for(lambda: is_listening(port), "the site")
        yield f"http://127.0.0.1:{port}"


def log_in(built: Crowd) -> str:
    """A session of the crowd's member; its key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(built.member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = built.member.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def addresses(built: Crowd) -> dict[str, tuple[str, bool]]:
    """What is asked for: the path, and whether by the member (else by a stranger)."""
    home = f"/c/{built.competition.slug}"
    return {
        BARE: (f"/bare/{built.competition.slug}/", False),
        "overview": (f"{home}/", False),
        "board": (f"{home}/board/", False),
        "model": (f"{home}/model/", False),
        "pictures": (f"{home}/pictures/", False),
        "findings": (f"{home}/board/findings/", False),
        "discussion": (f"{home}/discussion/", False),
        "explore": (f"{home}/explore/", False),
        "API, board": (f"/api/v1/competitions/{built.competition.slug}/board", False),
        "board, by a member": (f"{home}/board/", True),
        "overview, by a member": (f"{home}/", True),
        "own submissions": (f"{home}/submissions/", True),
        "submission accepted": (f"{home}/submissions/{built.accepted.pk}/", True),
        "submission not shown": (f"{home}/submissions/{built.refused.pk}/", True),
    }


def ask(
    address: str, pages: Mapping[str, tuple[str, bool]], cookie: str, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of every page. They take turns, so that whatever else the machine does falls on all of them."""
    stranger, member = requests.Session(), requests.Session()
    member.cookies.set("sessionid", cookie)
    times: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(-5, rounds):  # the first five warm the processes up
        for name, (path, by_member) in pages.items():
            started = time.perf_counter()
            answer = (member if by_member else stranger).get(
                address + path, timeout=60, allow_redirects=False
            )
            taken = (time.perf_counter() - started) * 1000
            if answer.status_code != 200:
                raise SystemExit(f"{path} answered {answer.status_code}")
            if number >= 0:
                times[name].append(taken)
    return times


def report_times(name: str, times: list[float], bare: list[float], *, as_json: bool) -> None:
    """Print median and 99th percentile of a page's times, in milliseconds and beside the bare page's."""
    for what, pick in (("median", statistics.median), ("99th percentile", percentile_99)):
        ratio = pick(times) / pick(bare)
        goal = f"<= {GOAL_RATIO:g}"
        report(f"{name}, {what}", round(pick(times), 1), "ms", None, holds=True, as_json=as_json)
        report(f"{name}, {what}", round(ratio, 2), "x bare", goal, ratio <= GOAL_RATIO, as_json=as_json)


def percentile_99(times: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(times, n=100, method="inclusive")[-1]


def page_bytes(address: str, page: tuple[str, bool], cookie: str) -> int:
    """Bytes of the page without its drawings, and of its style sheets and scripts as a browser gets them."""
    session = requests.Session()
    if page[1]:
        session.cookies.set("sessionid", cookie)
    html = session.get(address + page[0], timeout=60).content
    total = len(SVG.sub(b"", html))
    for path in set(LINKED.findall(html)):
        answer = session.get(
            address + path.decode(), headers={"Accept-Encoding": "br"}, stream=True, timeout=60
        )
        total += len(answer.raw.read(decode_content=False))
    return total


if __name__ == "__main__":
    main()
