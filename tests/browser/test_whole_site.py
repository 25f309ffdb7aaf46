"""The main way on a whole site with real workers: sign up, build a group, send it, watch the verdict, see the board."""

from __future__ import annotations

import re
from typing import Any

import pytest

from evaluator.sandbox import is_available
from tests.e2e.site import FRESH, PATIENCE_S, Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(4 * PATIENCE_S),
    pytest.mark.sandbox,
    pytest.mark.redis,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]


def sign_up(page: Any) -> None:
    page.goto(f"/accounts/signup/?next=/c/{FRESH}/")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Email").fill("grace@example.org")
    page.get_by_label("Password", exact=False).first.fill("a long enough phrase")
    page.get_by_label("Password (again)").fill("a long enough phrase")
    page.locator("main").get_by_role("button", name="Sign up").click()


def enter(page: Any) -> None:
    page.get_by_role("link", name="Enter the competition").click()
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Enter the competition").click()
    page.wait_for_url(re.compile(f"/c/{FRESH}/(?!enter)"))


def build(page: Any) -> None:
    """The group, in the builder of the explore page."""
    page.get_by_role("navigation", name="Competition").get_by_role("link", name="Explore").click()
    page.get_by_role("button", name="Add the first condition").click()
    page.get_by_label("Column of condition 1").select_option("region")
    page.get_by_label("Value of condition 1").select_option(label="east")
    page.get_by_text("The model does worse here").wait_for()
    page.get_by_role("link", name="Submit this group").click()


def row_on_board(page: Any) -> str:
    page.get_by_role("navigation", name="Competition").get_by_role("link", name="Board").click()
    return str(page.locator("tr.mine").first.inner_text()) if page.locator("tr.mine").count() else ""


def test_grace_signs_up_proves_a_group_and_stands_on_the_board(chromium: Any, shared_site: Site) -> None:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{shared_site.port}")
    context.set_default_timeout(PATIENCE_S * 1000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        sign_up(page)
        enter(page)
        before = row_on_board(page)
        build(page)
        assert page.locator("#id_expression").input_value() == "region == 'east'"
        page.get_by_label("In your words").fill("The east is unlike the rest.")
        page.get_by_role("button", name="Send it").click()
        page.wait_for_url(re.compile("/submissions/[0-9a-f-]+/$"))
        page.evaluate("window.sameDocument = true")
        ended = page.get_by_text(re.compile("^(Worse on practice rows|Not shown|Could not be run)")).first
        ended.wait_for(timeout=PATIENCE_S * 1000)
        assert ended.inner_text().startswith("Worse on practice rows"), ended.inner_text()
        assert page.evaluate("window.sameDocument") is True, "the verdict came without a reload"
        after = row_on_board(page)
        assert "grace" in after and after != before
        page.get_by_role("navigation", name="Boards").get_by_role("link", name="Findings").click()
        page.get_by_text("region is east").first.wait_for()
    finally:
        context.close()
    assert not complaints
