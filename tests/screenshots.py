"""Pictures of every page, light and dark, wide and narrow: `python -m tests.screenshots BASE_URL OUT`.

    python -m tests.screenshots http://127.0.0.1:8000 screenshots --login stranger alice:PASSWORD olivia:PASSWORD

Follows links within the site from the first page, as each of those people, one page of each kind. Without --login the
demo's people look, with the password that the demo keeps. Says on standard error what no page may do (a message in the
console, a request elsewhere, content wider than the window) and then exits with 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"wide": 1280, "narrow": 320}
SCHEMES = ("light", "dark")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SKIPPED = re.compile(
    r"^/(admin|static|accounts/(logout|social|3rdparty))|/download/$|/data/.+|/files/|/state/$"
    r"|\.(zip|csv|atom|json|ipynb|bib|ris|svg)$"
)
# A running number, a key or a name: one page of each kind is enough.
KIND = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/teams/)[^/]+|(?<=/write-ups/)[^/]+|(?<=/people/)[^/]+|(?<=/c/)[^/]+"
    r"|(?<=/report/)[^/]+/[^/]+|(?<=/certificates/)[^/]+|(?<=/)\d+(?=/)"
)
# Who looks: a stranger, a participant, and those who serve. The others' pages beyond these are the same.
PEOPLE = ("stranger", "alice", "moe", "olivia")
MOST_PAGES = 80
STEPS = ("table", "target", "columns", "holdout", "base", "rules", "preview")


def find_pages(page: Page, base: str, begin: Iterable[str], known: set[str]) -> list[str]:
    """One address of each kind that is not known yet, breadth first."""
    kinds: dict[str, str] = {path: path for path in begin}
    queue = list(kinds)
    while queue and len(kinds) < MOST_PAGES:
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
    found = [path for kind, path in kinds.items() if kind not in known]
    known.update(kinds)
    return found


def prepare(page: Page, base: str, name: str) -> list[str]:
    """What nothing leads to before it is begun: a look at a group, a dry run, the steps of the wizard."""
    page.goto(base)
    home = page.locator("a[href^='/c/']").first.get_attribute("href")
    if name == "stranger":
        return [f"{home}explore/?expression=age+%3C+6", "/no-such-page/"]
    if name == "alice":
        page.goto(f"{base}{home}dry-run/")
        page.fill("#id_expression", "age < 6")
        page.locator("main").get_by_role("button", name="Try it", exact=True).click()
        page.wait_for_url("**/dry-run/*-*/")
        return [urlsplit(page.url).path, f"{home}labels/new/"]
    if name == "olivia":
        page.goto(f"{base}/organise/")
        page.get_by_role("button", name="Put a new one together").click()
        page.get_by_role("button", name="Take the example instead").click()
        page.get_by_text("20,190 rows").first.wait_for()
        key = re.search(r"[0-9a-f-]{36}", page.url)
        return [f"/organise/{key[0]}/{step}/" for step in STEPS] if key else []
    return []


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


def of_the_demo() -> list[str]:
    """The demo's people with their password, where the demo ran on this machine; else a stranger alone."""
    home = os.environ.get("BOUNTY_HOME") or Path(__file__).resolve().parents[1] / "var"
    word = Path(home) / "demo-password"
    if not word.exists():
        return ["stranger"]
    return [name if name == "stranger" else f"{name}:{word.read_text()}" for name in PEOPLE]


def look_as(
    browser: Browser, base: str, login: str, out: Path, known: set[str], only: str, problems: list[str]
) -> int:
    """Photograph what this person sees that nobody before did. Returns how many pages."""
    name = login.partition(":")[0]
    with opened(browser, base, WIDTHS["wide"], "light", None) as (page, _):
        if name != "stranger":
            log_in(page, base, login)
        begin = prepare(page, base, name)
        paths = [p for p in find_pages(page, base, ["/", *begin], known) if re.search(only, p)]
        state = page.context.storage_state()
    print(f"{name}: {len(paths)} pages", file=sys.stderr, flush=True)
    for scheme in SCHEMES:
        for size, width in WIDTHS.items():
            with opened(browser, base, width, scheme, state) as (page, found):
                for path in paths:
                    shoot(page, base, path, out / f"{name}-{file_name(path)}-{scheme}-{size}.png", found)
            problems += found
    return len(paths)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base_url")
    parser.add_argument("out", type=Path)
    parser.add_argument("--login", nargs="*", default=[], help="NAME:PASSWORD, or `stranger`")
    parser.add_argument("--only", default="", help="a regular expression on paths")
    given = parser.parse_args()
    base = given.base_url.rstrip("/")
    given.out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    known: set[str] = set()
    count = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for login in given.login or of_the_demo():
            count += look_as(browser, base, login, given.out, known, given.only, problems)
        browser.close()
    print(f"{count} pages, {count * len(SCHEMES) * len(WIDTHS)} pictures in {given.out}")
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
