"""The main way by keyboard alone: log in, write a group, send it, read where it stands; the focus is seen all along."""

from __future__ import annotations

from typing import Any

import pytest

from bounty.models import Submission

pytestmark = pytest.mark.django_db(transaction=True)

FOCUS = """() => { const e = document.activeElement; const style = getComputedStyle(e);
  return { id: e.id, text: (e.innerText || "").trim(), body: e === document.body,
           ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 }; }"""
MOST_TABS = 120


def tab_to(page: Any, *, id: str = "", text: str = "") -> None:
    """Tab on until there; every stop on the way shows that it has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["body"]:
            continue
        assert at["ring"], f"no visible focus on {at}"
        if (id and at["id"] == id) or (text and at["text"] == text):
            return
    raise AssertionError(f"the keyboard never reached {id or text}")


def test_bob_logs_in_writes_a_group_and_sends_it_without_a_mouse(open_browser, world, bob, bobs, sent):
    page = open_browser()
    page.goto(f"/accounts/login/?next=/c/{world.competition.slug}/submit/")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["text"] == "Skip to the content"
    page.keyboard.press("Enter")
    tab_to(page, id="id_login")
    page.keyboard.type("bob")
    tab_to(page, id="id_password")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submit/")
    tab_to(page, id="id_expression")
    page.keyboard.type("AGE < 6")
    page.keyboard.press("Escape")
    tab_to(page, id="id_patch_0")
    page.keyboard.press("ArrowDown")
    tab_to(page, text="Send it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submissions/**")
    assert Submission.objects.get().expression == "AGE < 6"
    assert page.get_by_text("Waiting for a worker").is_visible()


def test_nothing_moves_for_who_asked_for_less_motion(open_browser, world):
    page = open_browser(reduced_motion="reduce")
    page.goto(f"/c/{world.competition.slug}/")
    moving = "() => document.getAnimations().filter((a) => a.playState === 'running').length"
    assert page.evaluate(moving) == 0
