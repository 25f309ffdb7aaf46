"""No address tells anything exact of a stranger's group on practice rows where rows are people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from django.contrib.auth.models import User

from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.models import Role, Submission, Team
from tests.bounty.addresses.stage import Pattern, Stage, patterns, shut
from tests.pages import log_in
from tests.world import OLD_WOMEN, World, new_team, new_user

pytestmark = pytest.mark.slow
# Strong noise under a known key, so that what is told is never the exact figure by chance.
NOISE = {"noise_scale": 9.0, "noise_secret": "ef" * 32, "smallest_group": 20}
WEAK, FOUND = "AGE < 4", "AGE < 6"


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make(rule_version=2, gate_chance=0.7, fixed_blocks=2, **NOISE)


@pytest.fixture
def bobs(world: World, bob: User) -> Team:
    return new_team(world.competition, bob, "Bob's Builders")


@pytest.fixture
def stage(world: World, bobs: Team, bob: User, charlie: User) -> Stage:
    """Bob's patch was accepted, another of his was not shown, and he found a group; Charlie takes part."""
    competition = world.competition
    new_team(competition, charlie, "Charlie's Angels")
    mona = new_user("mona")
    Role.objects.create(competition=competition, user=mona, kind=Role.Kind.MODERATOR)
    told = Stage(competition)
    told.people = {
        "visitor": log_in(None),
        "participant": log_in(charlie),
        "moderator": log_in(mona),
        "owner": log_in(bob),
    }
    told.arguments = {
        "slug": competition.slug,
        "team_slug": bobs.slug,
        "username": "bob",
        "section": "held",
        "group": "board",
        "part": "group",
        "name": "schema.json",
    }
    return told


def send(world: World, bobs: Team, group: str, *, right: float | None) -> Submission:
    mask = world.mask(group)
    answers = None if right is None else world.patch(mask, right=right)
    sent = world.evaluated(bobs, mask, answers, expression=group, words=group)
    judge.judge_submission(sent.pk)
    sent.refresh_from_db()
    return sent


@pytest.fixture
def sent_in(world: World, bobs: Team) -> list[Submission]:
    return [
        send(world, bobs, OLD_WOMEN, right=0.8),
        send(world, bobs, WEAK, right=0.45),
        send(world, bobs, FOUND, right=None),
    ]


def exact_figures(world: World) -> set[str]:
    """What an exact page would say: mean losses in each group, and its size in the words of pages and of the API."""
    rows = world.layout.rows_of("practice")
    versions = [
        artifacts.read_array(version.stored_predictions)[rows]
        for version in world.competition.versions.current()
    ]
    found: set[str] = set()
    for group in (OLD_WOMEN, WEAK, FOUND):
        inside = world.mask(group)[rows]
        for answers in versions:
            loss = float(np.mean(answers[inside] != world.y[rows][inside]))
            found |= {f"{loss:.1%}", f"{loss:.6f}"}
        size = int(inside.sum())
        found |= {f"{size} rows", f"{size} practice rows", f'"rows": {size},', f'"rows":{size},'}
    return found


def pages(stage: Stage, submissions: list[Submission]) -> Iterator[tuple[Pattern, Stage]]:
    """Every address that can be named, once for each submission where it names one."""
    for pattern in patterns():
        for submission in submissions if {"key", "number", "item"} & set(pattern.needs) else submissions[:1]:
            given = {"key": submission.pk, "number": submission.number, "item": str(submission.pk)}
            here = replace(stage, arguments=stage.arguments | given)
            # Exploring is about public rows alone.
            if set(pattern.needs) <= set(here.arguments) and "/explore/" not in here.address(pattern):
                yield pattern, here


@pytest.mark.parametrize("who", ["visitor", "participant", "moderator", "owner"])
def test_no_page_and_no_answer_tells_an_exact_figure(
    stage: Stage, world: World, sent_in: list[Submission], who: str
):
    accepted, weak, _found = sent_in
    assert (accepted.state, weak.state) == ("accepted", "not_shown")
    exact, told, read = exact_figures(world), {}, 0
    for pattern, here in pages(stage, sent_in):
        answer = here.people[who].get(here.address(pattern))
        body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(
            errors="replace"
        )
        shut(answer)
        read += answer.status_code == 200
        if words := {word for word in exact if re.search(rf"(?<![\d.,]){re.escape(word)}", body)}:
            told[here.address(pattern)] = words
    assert read > 30
    assert not told


def test_pages_of_groups_call_their_figures_about_right(
    stage: Stage, world: World, sent_in: list[Submission]
):
    slug = world.competition.slug
    for address in (f"/c/{slug}/model/", f"/c/{slug}/patches/1/"):
        assert (
            "Figures of submitted groups are about right"
            in stage.people["visitor"].get(address).content.decode()
        )
