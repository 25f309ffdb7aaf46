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
    }
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
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


def _look(axe: Any, page: Any, path: str) -> list[str]:
    """One page: wide and light as it came, then dark, then narrow."""
    problems = _found(axe, page, RULES, f"{path} wide, light")
    if (moved := page.evaluate("window.shifted")) > MOST_SHIFT:
        problems.append(f"{path} moved by {moved:.3f} after it was shown")
    problems += [f"{path}: {target}" for target in page.evaluate(SMALL_TARGETS)]
    page.emulate_media(color_scheme="dark")
    problems += _found(axe, page, CONTRAST, f"{path} wide, dark")
    page.set_viewport_size({"width": 320, "height": 900})
    page.emulate_media(color_scheme="light")
    problems += _found(axe, page, RULES, f"{path} narrow, light")
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
        problems.append(f"{path} is {width} px wide in a window of 320")
    page.set_viewport_size({"width": 1200, "height": 900})
    return problems


@pytest.mark.parametrize("name", ["", "bob", "mona", "alice"])
def test_no_page_keeps_anybody_out(open_browser, axe, name, django_user_model):
    person = django_user_model.objects.get(username=name) if name else None
    page = open_browser(person)
    page.add_init_script(WATCH_SHIFTS)
    problems: list[str] = []
    seen = []
    for path in walking.pages(page):
        seen.append(path)
        problems += _look(axe, page, path)
    assert len(seen) > 8
    assert not problems, "\n".join(problems)
