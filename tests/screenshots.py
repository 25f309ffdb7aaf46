"""Pictures of every page, light and dark, wide and narrow: `python -m tests.screenshots BASE_URL OUT`.

    python -m tests.screenshots http://127.0.0.1:8000 screenshots --login bob:password

Follows links within the site from the first page, one page of each kind. Says on standard error what no page may
do (a message in the console, a request elsewhere, content wider than the window) and then exits with 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"wide": 1280, "narrow": 360}
SCHEMES = ("light", "dark")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SKIPPED = re.compile(
    r"^/(admin|static|accounts/(logout|social|3rdparty))|/download/$|/data/.+|/files/|/state/$|\.zip$"
)
# A running number, a key or a team's name: one page of each kind is enough.
KIND = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/teams/)[^/]+|(?<=/c/)[^/]+")


def find_pages(page: Page, base: str) -> list[str]:
    """One address of each kind, breadth first."""
    kinds: dict[str, str] = {"/": "/"}
    queue = ["/"]
    while queue and len(kinds) < 40:
        page.goto(base + queue.pop(0), wait_until="load")
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        for link in links:
            parts = urlsplit(link)
            path = parts.path
            if not link.startswith(base) or SKIPPED.search(path):
                continue
            kind = KIND.sub("*", path)
            if kind not in kinds:
                kinds[kind] = path
                queue.append(path)
    return list(kinds.values())


def log_in(page: Page, base: str, login: str) -> None:
    name, _, password = login.partition(":")
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_load_state("load")


def watch(page: Page, base: str, problems: list[str]) -> None:
    page.on("console", lambda message: problems.append(f"{page.url}: console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"{page.url}: script: {error}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((base, "data:"))
            else problems.append(f"{page.url}: asked {request.url}")
        ),
    )


@contextmanager
def opened(
    browser: Browser, base: str, width: int, scheme: str, state: object
) -> Iterator[tuple[Page, list[str]]]:
    problems: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=state,  # type: ignore[arg-type]
    )
    page = context.new_page()
    watch(page, base, problems)
    yield page, problems
    context.close()


def shoot(page: Page, base: str, path: str, target: Path, problems: list[str]) -> None:
    page.goto(base + path, wait_until="load")
    page.wait_for_timeout(150)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        problems.append(f"{page.url}: wider than the window ({target.name})")
    page.screenshot(path=str(target), full_page=True)


def file_name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base_url")
    parser.add_argument("out", type=Path)
    parser.add_argument("--login", default="", help="NAME:PASSWORD")
    parser.add_argument("--only", default="", help="a regular expression on paths")
    given = parser.parse_args()
    base = given.base_url.rstrip("/")
    given.out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with opened(browser, base, WIDTHS["wide"], "light", None) as (page, _):
            if given.login:
                log_in(page, base, given.login)
            paths = [path for path in find_pages(page, base) if re.search(given.only, path)]
            state = page.context.storage_state()
        for scheme in SCHEMES:
            for name, width in WIDTHS.items():
                with opened(browser, base, width, scheme, state) as (page, found):
                    for path in paths:
                        shoot(page, base, path, given.out / f"{file_name(path)}-{scheme}-{name}.png", found)
                problems += found
        browser.close()
    print(f"{len(paths)} pages, {len(paths) * 4} pictures in {given.out}")
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
