"""From a link to a team: signing up, entering, coming back."""

from __future__ import annotations

import pytest

from bounty.models import Participation

pytestmark = pytest.mark.django_db(transaction=True)


def test_somebody_new_signs_up_enters_and_stands_before_the_submit_page(open_browser, world):
    page = open_browser()
    page.goto(f"/c/{world.competition.slug}/submit/")
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Email").fill("grace@example.org")
    page.get_by_label("Password", exact=False).first.fill("a long enough phrase")
    page.get_by_label("Password (again)").fill("a long enough phrase")
    page.locator("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="Enter the competition").click()
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Enter the competition").click()
    page.get_by_role("heading", name="Submit", exact=True).wait_for()
    assert Participation.objects.get(user__username="grace").accepted_terms_at is not None


def test_a_wrong_password_is_said_beside_the_form(open_browser, bob):
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_label("User name or email address").fill("bob")
    page.get_by_label("Password").fill("wrong")
    page.locator("main").get_by_role("button", name="Log in").click()
    assert page.locator("main [role=alert]").first.is_visible()
    page.get_by_label("Password").fill("correct horse battery")
    page.locator("main").get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
