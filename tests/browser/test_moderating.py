"""A moderator holds and releases by mouse and by keyboard; the team reads what became of it."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from bounty.models import Notice, Role, Submission
from tests.world import new_user

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "A moderator looks at every submission here."


@pytest.fixture
def mona(competition):
    user = new_user("mona")
    Role.objects.create(competition=competition, user=user, kind=Role.Kind.MODERATOR)
    return user


@pytest.fixture
def held(world, bobs, sent):
    """One of Bob's that was evaluated and waits; nothing is sent to a broker, what is decided is decided here."""
    mask = world.mask("AGE < 6")
    return world.evaluated(
        bobs, mask, world.patch(mask, right=0.95), expression="AGE < 6", state=Submission.State.HELD,
        held_at=timezone.now(), hold=Submission.Hold.HELD, hold_reason=WHY,
    )  # fmt: skip


def test_mona_releases_by_mouse_and_the_team_sees_it_go_on(open_browser, competition, held, mona, bob):
    theirs = open_browser(bob)
    theirs.goto(held.get_absolute_url())
    theirs.get_by_text(WHY).first.wait_for()

    page = open_browser(mona)
    page.goto(f"/c/{competition.slug}/")
    page.get_by_role("link", name="Moderate").click()
    page.locator("[data-row] [data-open]").first.click()
    page.get_by_text(WHY).first.wait_for()
    page.get_by_role("button", name="Release", exact=True).click()
    page.get_by_text("does not wait for a moderator").or_(page.locator(".messages")).first.wait_for()
    held.refresh_from_db()
    assert held.hold == Submission.Hold.RELEASED and held.state != Submission.State.HELD

    theirs.reload()
    assert WHY not in theirs.locator("main").inner_text()
    theirs.get_by_role("link", name=re.compile("Notices")).click()
    theirs.get_by_text("released", exact=False).first.wait_for()


def test_mona_refuses_by_keyboard_alone_and_the_team_reads_why(open_browser, competition, held, mona, bob):
    page = open_browser(mona)
    page.goto(f"/c/{competition.slug}/moderate/")
    page.locator("[data-row]").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(str(held.pk)))
    page.get_by_role("button", name="Release", exact=True).wait_for()
    page.keyboard.press("x")
    assert page.evaluate("document.activeElement.id") == "reason"
    page.keyboard.type("This names two people. Send a group of at least twenty.")
    for _ in range(12):  # over the ready-made reasons to the button
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "refuse":
            break
    page.keyboard.press("Enter")
    page.get_by_text("What the team read").or_(page.locator(".messages")).first.wait_for()
    held.refresh_from_db()
    assert held.state == Submission.State.REFUSED
    assert Notice.objects.filter(user=bob, kind="moderation").exists()

    theirs = open_browser(bob)
    theirs.goto(held.get_absolute_url())
    theirs.get_by_text("This names two people.").first.wait_for()
    theirs.get_by_role("link", name=re.compile("Notices")).click()
    theirs.get_by_text("This names two people.").first.wait_for()


def test_a_key_alone_decides_nothing(open_browser, competition, held, mona):
    page = open_browser(mona)
    page.goto(f"/c/{competition.slug}/moderate/submissions/{held.pk}/")
    page.get_by_role("button", name="Release", exact=True).wait_for()
    for key in "rxa":
        page.keyboard.press(key)
        page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    held.refresh_from_db()
    assert held.state == Submission.State.HELD


def test_what_the_policy_holds_is_released_by_keyboard(open_browser, competition, bobs, mona, bob, sent):
    competition.moderation = competition.Moderation.ALL
    competition.save()
    theirs = open_browser(bob)
    theirs.goto(f"/c/{competition.slug}/submit/")
    theirs.locator("#id_expression").fill("AGE < 6")
    theirs.locator("#id_patch_1").check()
    theirs.get_by_role("button", name="Send it").click()
    theirs.get_by_text(WHY).first.wait_for()

    page = open_browser(mona)
    page.goto(f"/c/{competition.slug}/moderate/")
    page.locator("[data-row]").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url(re.compile("#release$"))
    page.wait_for_function("document.activeElement.id === 'release'")
    page.keyboard.press("Enter")
    page.locator(".messages").first.wait_for()
    submission = Submission.objects.get()
    assert submission.hold == Submission.Hold.RELEASED
    theirs.get_by_text(WHY).first.wait_for(state="detached")
