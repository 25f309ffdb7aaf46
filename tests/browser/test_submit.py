"""The submit page as a person meets it: building a group, sending it, mending what was wrong."""

from __future__ import annotations

import re

import pytest

from bounty.models import Submission

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_sent(sent):
    """No broker: what is queued stays queued."""


def test_bob_builds_a_group_sees_its_size_and_sends_it(open_browser, world, bob, bobs):
    page = open_browser(bob)
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.get_by_role("button", name="Add the first condition").click()
    page.get_by_label("Column of condition 1").select_option("AGE")
    page.get_by_label("Comparison of condition 1").select_option("<")
    page.get_by_label("Value of condition 1").fill("6")
    assert page.locator("#id_expression").input_value() == "AGE < 6"
    page.get_by_text("The model does worse here").wait_for()
    rows = int(world.mask("AGE < 6")[world.layout.rows_of("explore")].sum())
    assert f"{rows} of 400" in page.locator("#preview").inner_text()

    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Column of condition 2").select_option("SEX")
    page.get_by_label("Value of condition 2").select_option(label="female")
    page.get_by_label("How condition 2 joins").select_option("or")
    assert page.locator("#id_expression").input_value() == "AGE < 6 or SEX == 'female'"

    page.get_by_label("Report it as a finding").or_(page.locator("#id_patch_1")).first.check()
    page.get_by_label("In your words").fill("Toddlers")
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url(re.compile("/submissions/[0-9a-f-]+/$"))
    submission = Submission.objects.get()
    assert submission.expression == "AGE < 6 or SEX == 'female'"
    assert submission.description == "Toddlers"
    assert page.get_by_text("Waiting for a worker").is_visible()


def test_a_click_right_after_typing_lands_where_it_was_meant(open_browser, world, bob, bobs):
    """Leaving the field draws rows above what is being clicked: not before the click has landed."""
    page = open_browser(bob)
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.locator("#id_expression").click()
    page.keyboard.type("AGE < 40 and SEX == 'female'")
    page.locator(".preview-words").wait_for()
    page.locator("#id_patch_1").check()
    assert page.locator("#id_patch_1").is_checked()
    page.locator(".condition").nth(1).wait_for()


def test_what_is_typed_becomes_rows_where_rows_can_say_it(open_browser, world, bob, bobs):
    page = open_browser(bob)
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.locator("#id_expression").fill(
        "18 <= AGE <= 30 and not (SEX in ('female', 'male')) or missing(INCOME)"
    )
    page.locator("#id_expression").blur()
    assert page.locator(".condition").count() == 3
    assert page.get_by_label("Lowest condition 1").input_value() == "18"
    page.locator("#id_expression").fill("AGE - VISITS > 20")
    page.locator("#id_expression").blur()
    assert page.get_by_text("richer than rows can show").is_visible()
    assert page.locator("#id_expression").input_value() == "AGE - VISITS > 20"


def test_the_page_works_by_keyboard_alone(open_browser, world, bob, bobs):
    page = open_browser(bob)
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.get_by_role("button", name="Add the first condition").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Column of condition 1"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Value of condition 1"
    page.keyboard.type("40")
    assert page.locator("#id_expression").input_value() == "AGE >= 40"


def test_it_works_without_javascript(open_browser, world, bob, bobs):
    page = open_browser(bob, javascript=False)
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.locator("#id_expression").fill("AGES < 6")
    page.locator("#id_patch_1").check()
    page.get_by_label("In your words").fill("Toddlers")
    page.get_by_role("button", name="Send it").click()
    assert "AGE" in page.locator("#id_expression_error").inner_text()
    assert page.get_by_label("In your words").input_value() == "Toddlers"
    assert not Submission.objects.exists()
    page.locator("#id_expression").fill("AGE < 6")
    page.get_by_role("button", name="Send it").click()
    assert page.get_by_text("Waiting for a worker").is_visible()


def test_a_file_is_sent_and_comes_back_as_a_download(open_browser, world, bob, bobs):
    page = open_browser(bob)
    page.goto(f"/c/{world.competition.slug}/submit/")
    code = b"def group(X):\n    return X['AGE'] < 6\n"
    page.locator("#id_group_file").set_input_files(
        {"name": "mine.py", "mimeType": "text/plain", "buffer": code}
    )
    page.locator("#id_patch_1").check()
    page.get_by_role("button", name="Send it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="mine.py").click()
    assert download.value.path().read_bytes() == code


@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_is_wider_than_the_screen(open_browser, world, bob, bobs, width):
    page = open_browser(bob, width=width)
    for name in ("submit/", "submissions/", "team/"):
        page.goto(f"/c/{world.competition.slug}/{name}")
        if name == "submit/":
            page.get_by_role("button", name="Add the first condition").click()
            page.get_by_label("Comparison of condition 1").select_option("between")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
