"""People and competitions that tests are about.

Alice organises; Bob and Charlie compete, each in a team; Mallory belongs nowhere. Nothing here needs a worker, a
sandbox or Redis: arrays are what evaluation would have stored.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone, translation
from kombu.transport.memory import Channel
from whitenoise.middleware import WhiteNoiseMiddleware

from bounty.celery_app import app
from bounty.competitions import spec
from bounty.core import artifacts
from bounty.models import Competition
from evaluator.sandbox import why_unavailable
from tests import database
from tests.clock import Clock
from tests.e2e.site import running_site, shared_site  # noqa: F401 - fixtures of two folders
from tests.world import World, make_world, new_team, new_user

app.conf.broker_url = "memory://"
# An example of a property may take long on a busy machine.
hypothesis.settings.register_profile("site", deadline=None)
hypothesis.settings.load_profile("site")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The database file of this process, its tables in it where an earlier run made them; None without SQLite."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return None
    path = tmp_path_factory.mktemp("database") / "test.sqlite3"
    # Another run may replace it just now: then the tables are made anew.
    with suppress(FileNotFoundError):
        shutil.copyfile(database.template(), path)
    return path


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated: Path | None) -> None:
    """A database file instead of shared memory: threads then meet the locks that processes meet."""
    if migrated is not None:
        default = settings.DATABASES["default"]
        default.setdefault("TEST", {})["NAME"] = str(migrated)
        options = default.setdefault("OPTIONS", {})
        options["init_command"] = options.get("init_command", "") + "PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_keepdb(migrated: Path | None) -> bool:
    return migrated is not None and migrated.exists()


@pytest.fixture(scope="session")
def django_db_setup(django_db_keepdb: bool, django_db_setup: None, migrated: Path | None) -> None:
    """As pytest-django has it; where the tables had to be made, the next run copies them."""
    if migrated is not None and not django_db_keepdb:
        database.keep(migrated)


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once() -> Iterator[None]:
    """Static files by address, found once a process: every new test client would look through all their folders."""
    found: dict[str, Any] = {}
    find = WhiteNoiseMiddleware.add_files_from_finders

    def add_found(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            find(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_found)
        yield


@pytest.fixture(autouse=True)
def site(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Artifacts in a folder of this test, the cache in memory, messages in memory and gone at the end."""
    # No test survives a power cut; waiting for the disk took more than half of making a competition.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(artifacts, "_arrays", artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES))
    settings.ARTIFACTS = tmp_path / "artifacts"
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"  # never a server that happens to run here
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(spec, "draw_seed", lambda: 0)  # what is drawn must not differ by run
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    _forget_messages()
    yield
    _forget_messages()
    # A request leaves its language behind in the thread.
    translation.deactivate()


@pytest.fixture(autouse=True)
def older_rule(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Competitions that a test marked `rule_2026_11` makes open with that rule, as those of before did."""
    if request.node.get_closest_marker("rule_2026_11") is None:
        return
    for name, value in (("rule_version", 1), ("gate_chance", 0.5)):
        monkeypatch.setattr(Competition._meta.get_field(name), "_get_default", lambda value=value: value)


def _forget_messages() -> None:
    for queue in Channel.queues.values():
        with queue.mutex:
            queue.queue.clear()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], str]]:
    """(task name, arguments, queue) of what was sent, in order; nothing reaches a broker."""
    messages: list[tuple[str, dict[str, Any], str]] = []

    def keep(name: str, kwargs: dict[str, Any], queue: str) -> None:
        messages.append((name, kwargs, queue))

    monkeypatch.setattr(app, "send_task", keep)
    return messages


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The site's time stands at noon: what a test expects does not depend on how fast it runs."""
    standing = Clock()
    monkeypatch.setattr(timezone, "now", standing.read)
    return standing


@pytest.fixture
def alice(db: None) -> User:
    return new_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return new_user("bob")


@pytest.fixture
def charlie(db: None) -> User:
    return new_user("charlie")


@pytest.fixture
def mallory(db: None) -> User:
    return new_user("mallory")


@pytest.fixture
def make(alice: User) -> Callable[..., World]:
    """Make a competition of Alice's: `make(status="draft", delta=0.1, y="coin flips", ...)`."""
    return lambda **options: make_world(alice, **options)


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """An open competition about 4,000 people, whose base model fails small children and old women."""
    return make()


@pytest.fixture
def competition(world: World) -> Any:
    return world.competition


@pytest.fixture
def bobs(world: World, bob: User) -> Any:
    """Bob's team, which accepted the terms."""
    return new_team(world.competition, bob, "Bob's Builders")


@pytest.fixture
def charlies(world: World, charlie: User) -> Any:
    return new_team(world.competition, charlie, "Charlie's Angels")


SHARES_SITE = {
    "tests/e2e/test_api.py",
    "tests/e2e/test_robustness.py",
    "tests/browser/test_whole_site.py",
}
SLOW_FIRST = ("tests/e2e/", "tests/browser/", "tests/bounty/api/test_schemathesis.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole sites and browsers come first, so that no long file is left for the end; where no jail can be made, tests
    that need one are skipped and say why.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW_FIRST))
    jailed = [item for item in items if item.get_closest_marker("sandbox")]
    if jailed and (why := why_unavailable()):
        for item in jailed:
            item.add_marker(pytest.mark.skip(reason=f"NO SANDBOX: {why}"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`: a file's tests run in one worker, and so do those of all files that share the site."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # no test needs it without -n

    class SiteAndFileScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "the shared site" if file in SHARES_SITE else file

    return SiteAndFileScheduling(config, log)
