"""Versions and credits of the present generation, beside those that a rebuild left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from bounty.models import Competition, Credit, ModelVersion, Team, TeamVersion
from bounty.models.versions import next_generation

pytestmark = pytest.mark.django_db


def model_version(competition: Competition, generation: int, number: int = 0) -> ModelVersion:
    losses = {"practice_loss": 0.5, "explore_loss": 0.5}
    return ModelVersion.objects.create(
        competition=competition, generation=generation, number=number, **losses
    )


@pytest.fixture
def rebuilt(world) -> Competition:
    """A competition whose second generation is the present one."""
    model_version(world.competition, 2)
    Competition.objects.filter(pk=world.competition.pk).update(generation=2)
    return world.competition


def test_versions_of_an_earlier_generation_are_not_current(rebuilt):
    assert [version.generation for version in rebuilt.versions.current()] == [2]
    assert rebuilt.versions.count() == 2


def test_the_row_decides_what_is_current_and_not_a_competition_read_earlier(rebuilt):
    assert rebuilt.generation == 1
    assert rebuilt.versions.current().get().generation == 2


def test_each_competition_has_its_own_present_generation(rebuilt, make):
    other = make(slug="other").competition
    found = {(v.competition_id, v.generation) for v in ModelVersion.objects.current()}
    assert found == {(rebuilt.pk, 2), (other.pk, 1)}


def test_a_team_s_generation_is_its_own_and_not_the_competition_s(rebuilt, bobs, charlies):
    for team, generation in ((bobs, 1), (charlies, 1), (charlies, 3)):
        TeamVersion.objects.create(team=team, generation=generation, number=1, practice_loss=0.5)
    Team.objects.filter(pk=charlies.pk).update(generation=3)
    found = {(version.team, version.generation) for version in TeamVersion.objects.current()}
    assert found == {(bobs, 1), (charlies, 3)}


def test_credits_for_a_version_of_an_earlier_generation_are_not_current(rebuilt, bobs):
    for version in rebuilt.versions.order_by("generation"):
        Credit.objects.create(version=version, team=bobs, points=version.generation)
    assert [credit.points for credit in bobs.credits.current()] == [2]


def test_the_next_generation_is_past_every_one_that_there_was(rebuilt, bobs):
    assert next_generation(rebuilt.versions.all()) == 3
    Competition.objects.filter(pk=rebuilt.pk).update(generation=1)
    assert next_generation(rebuilt.versions.all()) == 3
    assert next_generation(bobs.versions.all()) == 1


def test_no_code_picks_the_present_generation_by_hand():
    by_hand = re.compile(r"\.(?:filter|get|exclude)\([^()]*generation=(?:F\(|\w+\.generation)")
    files = sorted((Path(settings.BASE_DIR) / "bounty").rglob("*.py"))
    found = {path.name for path in files if by_hand.search(path.read_text())}
    # What a verdict was judged against, what a given version stands on: those name a generation of their own.
    judged = {"finding_query.py", "feedback_parts.py", "open_findings.py"}
    assert found <= {"versions.py", "bounds.py", "model_file.py", *judged}
