"""Following a submission: the page moves on by itself and stops when it has ended."""

from __future__ import annotations

import pytest

from bounty.adjudication import judge

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_follows_from_the_queue_to_the_verdict(open_browser, world, bob, bobs):
    mask = world.mask("AGE < 6")
    submission = world.evaluated(bobs, "AGE < 6", world.patch(mask, right=0.95), state="queued")
    page = open_browser(bob)
    page.goto(submission.get_absolute_url())
    page.get_by_text("Waiting for a worker").wait_for()
    submission.move("queued", "evaluating", stage="running on public rows")
    page.get_by_text("Running on public rows").wait_for()
    submission.move("evaluating", "judging")
    judge.judge_submission(submission.pk)
    page.get_by_text("Accepted:").wait_for()
    assert page.get_by_role("heading", name="The arithmetic").is_visible()
    page.wait_for_timeout(300)
    assert page.locator("#poller").get_attribute("hx-get") is None


def test_the_focus_stays_while_nothing_changes(open_browser, world, bob, bobs):
    submission = world.submission(bobs)
    page = open_browser(bob)
    page.goto(submission.get_absolute_url())
    page.get_by_role("button", name="Withdraw").focus()
    page.wait_for_timeout(2500)
    assert page.evaluate("document.activeElement.innerText") == "Withdraw"
    page.keyboard.press("Enter")
    page.get_by_text("Your team took it back.").wait_for()


def test_mallory_finds_nothing(open_browser, world, bobs, mallory):
    submission = world.submission(bobs, words="a secret idea")
    page = open_browser(mallory)
    response = page.goto(submission.get_absolute_url())
    assert response.status == 404
    assert "a secret idea" not in page.content()
