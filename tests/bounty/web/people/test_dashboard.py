"""One's own overview: what is new, what is on its way, and what one keeps; nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bounty.models import CompetitionDraft, DryRun, Participation, Role, Submission
from bounty.notifications import notify_users
from bounty.people import api_tokens
from bounty.people.dashboard import load_dashboard
from tests.clock import NOW
from tests.world import new_user

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def page(client):
    """`page(bob)`: what Bob reads there."""

    def of(user):
        client.force_login(user)
        reply = client.get("/account/")
        assert reply.status_code == 200
        return reply.content.decode()

    return of


def test_somebody_new_is_shown_the_way(page, mallory):
    text = page(mallory)
    assert "Nothing of yours waits for a verdict." in text
    assert "See the competitions" in text
    assert "None yet: make one" in text
    for address in ("/notices/settings/", "/account/preferences/", "/account/tokens/", "/people/mallory/"):
        assert f'href="{address}"' in text


def test_what_runs_is_listed_with_its_state(page, world, bobs, bob, charlie):
    world.submission(bobs, words="children under 6")
    world.submission(bobs, state=Submission.State.NOT_SHOWN, words="men")
    DryRun.objects.create(
        competition=world.competition, author=bob, queued_at=NOW, words="women over 60",
        group_kind="expression", patch_kind="none",
    )  # fmt: skip
    text = page(bob)
    assert "1 submission on its way." in text
    assert "children under 6" in text and "women over 60" in text
    assert "men</th>" not in text
    assert "children under 6" not in page(charlie)


def test_a_team_without_points_says_so(page, bobs, bob):
    assert ">none yet</a>" in page(bob)


def test_unread_notices_lead_where_they_lead(page, bob, mallory):
    for number in range(7):
        notify_users("reply", to=[bob], competition=None, subject=f"News {number}", body="", url="/words/")
    text = page(bob)
    assert "7 notices to read." in text
    assert "News 6" in text and "News 0" not in text
    assert "News" not in page(mallory)


def test_a_notice_of_what_one_may_no_longer_see_is_not_shown(page, make, bob):
    competition = make(visibility="invitation").competition
    entry = Participation.objects.create(competition=competition, user=bob)
    notify_users("reply", to=[bob], competition=competition, subject="Secret news", body="", url="/words/")
    entry.delete()
    assert "Secret news" not in page(bob)


def test_what_one_looks_after_says_what_waits(page, world, bobs, alice, bob):
    world.submission(bobs, hold=Submission.Hold.HELD, state=Submission.State.HELD)
    text = page(alice)
    assert "moderate: 1 held" in text
    assert f"/c/{world.competition.slug}/organise/" in text
    mona = new_user("mona")
    Role.objects.create(competition=world.competition, user=mona, kind=Role.Kind.MODERATOR)
    assert f"/c/{world.competition.slug}/organise/" not in page(mona)
    assert "moderate: 1 held" not in page(bob)


def test_an_organiser_s_draft_is_theirs_alone(page, alice, mallory):
    CompetitionDraft.objects.create(owner=alice, answers={"competition": {"title": "Who gets a loan"}})
    CompetitionDraft.objects.create(owner=alice, state="made")
    assert len(load_dashboard(alice, NOW).drafts) == 1
    assert load_dashboard(mallory, NOW).drafts == []
    assert "being put together" in page(alice)


def test_tokens_that_still_work_are_counted(page, bob):
    api_tokens.issue_token(bob, "mine", ["read"], NOW, timedelta(days=1))
    api_tokens.issue_token(bob, "old", ["read"], NOW - timedelta(days=9), timedelta(days=1))
    assert load_dashboard(bob, NOW).tokens == 1
    assert "1 in use" in page(bob)


def test_many_rows_ask_as_many_queries_as_few(world, bobs, bob, django_assert_max_num_queries):
    for _ in range(30):
        world.submission(bobs)
        notify_users("reply", to=[bob], competition=world.competition, subject="x", body="", url="")
    with django_assert_max_num_queries(14):
        home = load_dashboard(bob, NOW)
    assert (home.running_count, len(home.running), home.unread_count, len(home.unread)) == (30, 20, 30, 5)
