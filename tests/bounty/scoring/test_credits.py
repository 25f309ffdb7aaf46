"""Points as they are booked: found, fixed, repaired or taken out, they add up to what the model improved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db.models import Sum
from django.utils import timezone

from bounty.adjudication import close, disqualify, judge
from bounty.core import artifacts
from bounty.models import Competition, Credit, Submission
from bounty.scoring import credits
from evaluator import artifacts as paths
from tests.world import CHILDREN, OLD_WOMEN, World, new_team, new_user

State = Submission.State
SPLITS = ("practice", "final")


def declare_cells(world: World, cells: np.ndarray) -> None:
    """Give every row a declared cell, as preparing the table would."""
    competition = world.competition
    stored = {
        split: artifacts.artifact_store()
        .write_array(paths.cells(str(competition.key), split), cells[world.layout.rows_of(split)])
        .to_json()
        for split in SPLITS
    }
    competition.tables_json = competition.tables_json | {"cells": stored}
    competition.save(update_fields=["tables_json"])


def find(world: World, team: Any, group: str) -> Submission:
    submission = world.evaluated(team, group)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def confirm(world: World, team: Any, group: str) -> None:
    world.confirm(find(world, team, group))


def booked(competition: Competition, *, final: bool) -> float:
    present = Credit.objects.current().filter(version__competition=competition, final=final)
    return present.aggregate(total=Sum("points"))["total"]


def improved(competition: Competition, *, final: bool) -> float:
    base = competition.versions.current().get(number=0)
    return credits.measure_improvement(competition.head(), base, final=final)


@pytest.fixture(params=[1, 2, 3])
def played(request, make, bobs_and_charlies):
    """Three patches by two teams on overlapping groups, after findings of both; cells of three sizes."""
    world, bob, charlie = bobs_and_charlies(make(declared={"men": "SEX == 'male'"}))
    rng = np.random.default_rng(request.param)
    declare_cells(world, np.digitize(rng.random(world.layout.rows), [0.7, 0.97]).astype(np.int64))
    find(world, charlie, CHILDREN)
    find(world, bob, "AGE < 12 and VISITS >= 0")
    find(world, bob, OLD_WOMEN)
    for team, group, right in ((bob, CHILDREN, 0.7), (charlie, OLD_WOMEN, 0.9), (charlie, "AGE < 12", 1.0)):
        mask = world.mask(group)
        patch = world.patch(mask, right=right, seed=request.param)
        judge.judge_submission(world.evaluated(team, mask, patch, expression=group).pk)
    assert world.competition.head().number >= 2
    return world


@pytest.fixture
def bobs_and_charlies(bob, charlie):
    def enter(world: World) -> tuple[World, Any, Any]:
        return world, *(new_team(world.competition, user, user.username.title()) for user in (bob, charlie))

    return enter


def test_provisional_points_add_up(played):
    assert booked(played.competition, final=False) == pytest.approx(improved(played.competition, final=False))


def test_final_points_add_up(played):
    close.close_competition(played.competition, timezone.now())
    assert booked(played.competition, final=True) == pytest.approx(improved(played.competition, final=True))


def test_points_still_add_up_once_a_patch_or_a_finding_is_taken_out(played, alice):
    finding = Submission.objects.filter(state=State.WORSE).earliest("number")
    patch = Submission.objects.filter(state=State.ACCEPTED).earliest("number")
    for submission in (finding, patch):
        disqualify.disqualify_submission(submission, "copied", alice)
        competition = Competition.objects.get(pk=played.competition.pk)
        assert booked(competition, final=False) == pytest.approx(improved(competition, final=False))
    close.close_competition(competition, timezone.now())
    assert booked(competition, final=True) == pytest.approx(improved(competition, final=True))


def test_rows_of_a_small_declared_cell_weigh_more(world, bobs):
    """The same patch on the same rows: what it wins lies in a cell of 2%, or in none."""
    mask = world.mask(CHILDREN)
    declare_cells(world, (mask & (np.arange(len(mask)) % 4 == 0)).astype(np.int64))
    judge.judge_submission(world.good_patch(bobs).pk)
    weighted = booked(world.competition, final=False)
    base, head = world.competition.versions.order_by("number")
    plain = 1000 * (base.practice_loss - head.practice_loss) / base.practice_loss
    assert weighted > 1.1 * plain
    assert weighted == pytest.approx(improved(world.competition, final=False))


def test_the_earlier_finder_is_booked_three_tenths_of_the_fix(world, bobs, charlies):
    confirm(world, charlies, CHILDREN)
    judge.judge_submission(world.good_patch(bobs).pk)
    points = dict(Credit.objects.values_list("team", "points"))
    assert points[charlies.pk] == pytest.approx(3 / 7 * points[bobs.pk])


def test_a_finding_copied_from_the_fixer_is_booked_nothing(world, bobs, charlies):
    confirm(world, bobs, CHILDREN)
    copied = find(world, charlies, "AGE < 7.5")
    assert copied.state == State.NOT_SHOWN
    judge.judge_submission(world.good_patch(bobs).pk)
    points = dict(Credit.objects.values_list("team", "points"))
    assert points.get(charlies.pk, 0.0) == pytest.approx(0.0, abs=1e-9)


def test_a_finding_that_came_after_the_patch_was_sent_is_booked_nothing(world, bobs, charlies):
    waiting = world.good_patch(bobs)
    confirm(world, charlies, CHILDREN)
    judge.judge_submission(waiting.pk)
    assert set(Credit.objects.values_list("team", flat=True)) == {bobs.pk}


def test_a_team_that_nobody_owes_anything_has_no_interval(world, bobs):
    judge.judge_submission(world.good_patch(bobs).pk)
    idle = new_team(world.competition, new_user("dora"), "Dora")
    versions = list(world.competition.versions.order_by("number"))
    found = credits.points_intervals(world.competition, versions, final=False)
    assert set(found) == {bobs.pk} and idle.pk not in found
