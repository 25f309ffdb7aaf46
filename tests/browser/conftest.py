"""A real browser against the real pages. Where it cannot be had, these tests are skipped, and the reason is printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

# Playwright's driver keeps an event loop in this thread; Django would refuse the test's own database calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
# Only what is broken takes so long: a first page on a busy machine may take minutes.
PATIENCE_MS = 200_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="SKIPPED LOUDLY: playwright is not installed"
    )
    if not CHROMIUM.exists():
        pytest.skip(f"SKIPPED LOUDLY: no Chromium at {CHROMIUM}; the browser tests did not run")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium: Any, live_server: Any) -> Iterator[Any]:
    """`open_browser(bob)`: a page of Bob's, logged in; `javascript=False` for a browser without it.

    A script error, a refused resource (content security policy) or a failed request fails the test.
    """
    contexts, complaints = [], []

    def open_one(
        person: User | None = None, *, javascript: bool = True, width: int = 1200, **options: Any
    ) -> Any:
        context = chromium.new_context(
            base_url=live_server.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if person is not None:
            client = Client()
            client.force_login(person)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and complaints.append(f"console: {said.text}"))
        page.on("response", lambda r: r.status >= 500 and complaints.append(f"{r.status} {r.url}"))
        return page

    yield open_one
    for context in contexts:
        context.close()
    # A form that came back with its errors (422) and a page that is not there (404) are asked for; Chromium logs both.
    assert not [c for c in complaints if "status of 4" not in c]
