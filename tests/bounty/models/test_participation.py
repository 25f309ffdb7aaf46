"""Who is on a team: one list, by a team or its key."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty.models import TeamMember

pytestmark = pytest.mark.django_db


def add(team, user, joined):
    member = TeamMember.objects.create(team=team, competition=team.competition, user=user)
    TeamMember.objects.filter(pk=member.pk).update(joined_at=joined)


def test_a_team_s_members_come_in_the_order_in_which_they_joined(bobs, bob, alice, charlies):
    now = timezone.now()
    add(bobs, alice, now.replace(year=2001))
    assert TeamMember.objects.users_of(bobs) == TeamMember.objects.users_of(bobs.pk) == [alice, bob]


def test_they_are_read_with_one_query(bobs, alice, django_assert_num_queries):
    add(bobs, alice, timezone.now())
    with django_assert_num_queries(1):
        assert len([user.username for user in TeamMember.objects.users_of(bobs)]) == 2
