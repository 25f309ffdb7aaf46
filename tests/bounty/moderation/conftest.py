"""Mona and Max moderate Alice's competition; Bob's submission waits for one of them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty.adjudication import judge
from bounty.models import Role, Submission, Team, TeamMember
from tests.bounty.moderation.queue_pages import CHILDREN, HELD, State
from tests.world import new_team, new_user


@pytest.fixture
def moderator(competition):
    """Make one: `moderator("mona")`."""

    def make(name: str):
        user = new_user(name)
        Role.objects.create(competition=competition, user=user, kind=Role.Kind.MODERATOR)
        return user

    return make


@pytest.fixture
def mona(moderator):
    return moderator("mona")


@pytest.fixture
def max_(moderator):
    return moderator("max")


@pytest.fixture
def waiting(world, bobs):
    """Evaluated and held."""
    mask = world.mask(CHILDREN)
    return world.evaluated(
        bobs, mask, world.patch(mask), expression=CHILDREN, state=State.HELD, held_at=timezone.now(), **HELD
    )


@pytest.fixture
def finding(world, bobs):
    """A finding of Bob's team."""
    found = world.evaluated(bobs, CHILDREN, words="tiny tots")
    judge.judge_submission(found.pk)
    found.refresh_from_db()
    assert found.state == State.WORSE
    return Submission.objects.select_related("team", "competition").get(pk=found.pk)


@pytest.fixture
def teammates(make, bob):
    """Make somebody a team-mate of Bob's in another competition."""

    def join(user) -> Team:
        elsewhere = make().competition
        team = new_team(elsewhere, bob, "Together")
        TeamMember.objects.create(team=team, competition=elsewhere, user=user)
        return team

    return join
