"""A new row's slug: of what was typed, and free."""

from __future__ import annotations

import pytest

from bounty.core.slugs import free_slug
from bounty.models import Competition, Team
from bounty.people import teams
from tests.world import new_team

pytestmark = pytest.mark.django_db


def of_team(text: str, length: int = 20) -> str:
    return free_slug(text, Team.objects.all(), length=length, otherwise="team")


def test_a_free_one_is_taken_as_typed(world):
    assert of_team("Bob's Bees") == "bobs-bees"


def test_a_taken_one_has_the_next_number(world, bob, charlie):
    for slug in ("bees", "bees-2"):
        Team.objects.create(competition=world.competition, name=slug, slug=slug)
    assert of_team("Bees") == "bees-3"


def test_a_text_of_which_nothing_is_left_has_a_name(world):
    assert of_team("!!!") == "team"


def test_a_long_one_leaves_room_for_its_number(world, bob):
    long = "a" * 40
    Team.objects.create(competition=world.competition, name="long", slug="a" * 16)
    assert of_team(long) == f"{'a' * 16}-2"


def test_only_the_rows_given_are_avoided(world, make, bob):
    new_team(world.competition, bob, "Bees")
    other = make(slug="other").competition
    assert free_slug("Bees", other.teams.all(), length=20, otherwise="team") == "bees"
    assert free_slug("Bees", Competition.objects.all(), length=20, otherwise="team") == "bees"


def test_two_teams_of_one_name_in_slugs_are_told_apart(world, bob, charlie):
    first = teams.create_team(bob, world.competition, "Bees!")
    second = teams.create_team(charlie, world.competition, "Bees?")
    assert (first.slug, second.slug) == ("bees", "bees-2")
