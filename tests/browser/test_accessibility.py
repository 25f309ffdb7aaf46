"""Every page for everybody: axe-core finds nothing, narrow or wide, light or dark; nothing moves or sticks out."""

from __future__ import annotations

from typing import Any

import pytest

from tests import competition_history
from tests.browser import walking
from tests.world import new_team, new_user

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # Of what is right axe would send every element, which took longer than finding what is wrong.
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
VISITOR = ""
# How far a page moved after it was shown; a tenth is what browsers call good, and here nothing has a reason to move.
MOST_SHIFT = 0.05
WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# A radio button or a box is pressed by its label as well.
SMALL_TARGETS = """() => {
  const wanted = "button, select, input:not([type=hidden]), summary, nav a, a.button";
  const hidden = ".visually-hidden, .visually-hidden *, .skip";
  const label = (e) => ["radio", "checkbox"].includes(e.type) && e.labels?.[0];
  const pressed = (e) => (label(e) && !label(e).matches(hidden) ? label(e) : e);
  return [...document.querySelectorAll(wanted)]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.matches(hidden))
    .map((e) => [e, pressed(e).getBoundingClientRect()])
    .filter(([e, box]) => box.height < 23.5 && box.width > 0)
    .map(([e, box]) => `${e.outerHTML.slice(0, 90)} is ${Math.round(box.height)} px high`);
}"""


@pytest.fixture(autouse=True)
def everything_happened(sent, make, bob, charlie):
    world = make(declared=competition_history.DECLARED)
    teams = [
        new_team(world.competition, bob, "Bob's Builders"),
        new_team(world.competition, charlie, "Charlie's"),
    ]
    walking.fill(world, teams, new_user("mona"))


@pytest.fixture
def axe() -> Any:
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def _found(axe: Any, page: Any, options: dict[str, Any], where: str) -> list[str]:
    answer = axe.run(page, options=options)
    return [
        f"{where}: {rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])})"
        for rule in answer.response["violations"]
    ]


def _audit(axe: Any, page: Any, where: str) -> list[str]:
    """What is wrong on the page: wide and light as it came, then dark, then narrow."""
    problems = _found(axe, page, RULES, f"{where} wide, light")
    page.emulate_media(color_scheme="dark")
    problems += _found(axe, page, CONTRAST, f"{where} wide, dark")
    page.set_viewport_size({"width": 320, "height": 900})
    page.emulate_media(color_scheme="light")
    problems += _found(axe, page, RULES, f"{where} narrow, light")
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
        problems.append(f"{where} is {width} px wide in a window of 320")
    page.set_viewport_size({"width": 1200, "height": 900})
    return problems


def _walk(axe: Any, page: Any, person: str, audited: set[str]) -> list[str]:
    """What is wrong on one page of each kind; content that was audited for somebody is not audited again."""
    page.add_init_script(WATCH_SHIFTS)
    problems: list[str] = []
    walked = 0
    for path in walking.pages(page):
        walked += 1
        where = f"{person or 'a visitor'} at {path}"
        if (moved := page.evaluate("window.shifted")) > MOST_SHIFT:
            problems.append(f"{where} moved by {moved:.3f} after it was shown")
        problems += [f"{where}: {target}" for target in page.evaluate(SMALL_TARGETS)]
        # The header names the person: it is audited on the first page of each.
        if (content := walking.content(page)) not in audited or walked == 1:
            audited.add(content)
            problems += _audit(axe, page, where)
    assert walked > 8
    return problems


@pytest.mark.timeout(1200)
def test_no_page_keeps_anybody_out(open_browser, axe, django_user_model):
    """One test for all four, for most pages are the same for each but for the header."""
    audited: set[str] = set()
    problems: list[str] = []
    for name in (VISITOR, "bob", "mona", "alice"):
        person = django_user_model.objects.get(username=name) if name else None
        problems += _walk(axe, open_browser(person), name, audited)
    assert not problems, "\n".join(problems)
