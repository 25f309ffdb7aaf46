"""Exploring in a real browser: the keyboard alone, a link that is shared, and no JavaScript at all."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def address(world) -> str:
    return f"/c/{world.competition.slug}/explore/"


def test_names_and_values_are_completed_by_keyboard(world, open_browser):
    page = open_browser()
    page.goto(address(world))
    field = page.locator("#id_expression")
    field.focus()
    page.keyboard.type("se")
    page.wait_for_selector("[role=option]")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    page.keyboard.type(" == ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert field.input_value() in ("SEX == 'female'", "SEX == 'male'")
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"


def test_the_answer_follows_and_the_address_can_be_shared(world, open_browser):
    page = open_browser()
    page.goto(address(world))
    page.fill("#id_expression", "AGE < 6")
    page.wait_for_selector("text=does worse here")
    page.wait_for_url("**expression=AGE*")
    other = open_browser()
    other.goto(page.url)
    assert "AGE < 6" in other.locator("#answer code").first.inner_text()
    # The builder's rows say the same.
    assert other.locator("#builder .condition").count() == 1


def test_an_error_stands_beside_its_field_and_goes_again(world, open_browser):
    page = open_browser()
    page.goto(address(world))
    page.fill("#id_expression", "AEG < 6")
    page.wait_for_selector("text=did you mean `AGE`?")
    assert page.locator("#id_expression").get_attribute("aria-invalid") == "true"
    page.fill("#id_expression", "AGE < 6")
    page.wait_for_selector("text=does worse here")
    assert page.locator("#id_expression").get_attribute("aria-invalid") is None


def test_suggestions_come_by_themselves_and_lead_to_a_look(world, open_browser):
    page = open_browser()
    page.goto(address(world))
    page.locator(".suggestions a").first.click()
    page.wait_for_url("**expression=*")
    page.wait_for_selector("text=does worse here")


def test_a_group_is_built_looked_at_and_taken_along_without_javascript(world, bob, bobs, open_browser):
    page = open_browser(bob, javascript=False)
    page.goto(address(world))
    page.select_option("#id_add_column", "AGE")
    page.select_option("#id_add_is", "<")
    page.fill("#id_add_value", "6")
    page.get_by_role("button", name="Look", exact=True).click()
    assert "AGE < 6" in page.locator("#answer code").first.inner_text()
    page.click("text=Fit a patch for it")
    assert page.locator("#id_expression").input_value() == "AGE < 6"
    assert page.locator("input[name=patch]:checked").get_attribute("value") == "fit"
