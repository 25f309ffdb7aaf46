"""Putting a competition together in a browser: with the live plan, and without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission

from bounty.models import Competition, CompetitionDraft
from bounty.organisers import create_from_draft
from tests.people_table import people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organiser(alice):
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    return alice


@pytest.fixture
def table(tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


def go_on(page) -> None:
    page.get_by_role("button", name="Keep and go on").click()


def walk(page, table) -> None:
    """From nothing to the last look."""
    page.goto("/organise/")
    page.get_by_role("button", name="Put a new one together").click()
    page.get_by_label("The table: CSV or Parquet").set_input_files(table)
    page.get_by_role("button", name="Send the table").click()
    page.get_by_text("900 rows, 5 columns").wait_for()
    go_on(page)
    page.get_by_label("The column to predict").select_option("ill")
    page.get_by_label("What is independent of each other?").select_option("person")
    go_on(page)
    page.locator("[name=c1-meaning]").fill("age in years")
    go_on(page)
    page.get_by_label("Declared groups", exact=True).fill("children = age < 18")
    page.get_by_label("Smallest gain worth certifying").fill("0.05")
    go_on(page)
    page.get_by_label("one decision tree").check()
    go_on(page)
    page.get_by_label("Title").fill("Who is ill")
    page.get_by_label("In one sentence").fill("Reminders go to those who need them.")
    go_on(page)
    page.get_by_role("button", name="Make the competition").wait_for()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_a_table_to_an_open_competition(open_browser, organiser, table, sent, javascript):
    page = open_browser(organiser, javascript=javascript)
    walk(page, table)
    page.get_by_role("button", name="Make the competition").click()
    page.get_by_text("A worker makes it now.").wait_for()
    assert create_from_draft.make_competition(str(CompetitionDraft.objects.get().key)) is not None
    if not javascript:
        page.reload()
    page.get_by_role("heading", name="Where it stands").wait_for()
    page.get_by_role("button", name="Open it now").click()
    page.get_by_text("It is open: people submit").wait_for()
    competition = Competition.objects.get()
    assert competition.is_open and competition.schema.columns[0].meaning == "age in years"


def test_the_plan_follows_what_is_typed(open_browser, organiser, table, sent):
    page = open_browser(organiser)
    walk(page, table)
    page.get_by_role("link", name="Who learns what").click()
    plan = page.locator("#plan")
    plan.get_by_text("children").first.wait_for()
    page.get_by_label("Declared groups", exact=True).fill("the old = age >= 70")
    plan.get_by_text("age in years is at least 70").wait_for()
    page.get_by_label("Certification", exact=True).fill("80")
    plan.get_by_text(re.compile("add up to")).wait_for()
    draft = CompetitionDraft.objects.get()
    assert draft.answers["holdout"]["declared"] == "children = age < 18"


def test_back_keeps_what_stands_in_the_form(open_browser, organiser, table, sent):
    page = open_browser(organiser)
    walk(page, table)
    page.get_by_role("link", name="Texts and rules").click()
    page.get_by_label("Title").fill("")
    page.get_by_label("Description").fill("Half a thought")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("link", name="Texts and rules").click()
    assert page.get_by_label("Description").input_value() == "Half a thought"


@pytest.mark.parametrize("step", ["table", "target", "columns", "holdout", "base", "rules", "preview"])
def test_no_step_is_wider_than_a_phone(open_browser, organiser, table, sent, step):
    page = open_browser(organiser, width=320)
    page.goto("/organise/")
    page.get_by_role("button", name="Put a new one together").click()
    page.get_by_role("button", name="Take the example instead").click()
    page.get_by_text("20,190 rows").first.wait_for()
    page.goto(f"/organise/{CompetitionDraft.objects.get().key}/{step}/")
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
