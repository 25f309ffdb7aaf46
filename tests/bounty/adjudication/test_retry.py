"""What one block refused is asked of the next one by itself: in order, one at a time, within the allowance."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from bounty.adjudication import judge, retry
from bounty.core import artifacts
from bounty.ledger import blocks
from bounty.models import CertificationBlock, Competition, LedgerQuery, Submission
from bounty.workers import sweep
from evaluator import artifacts as paths
from tests.world import World, new_team

State, Block = Submission.State, CertificationBlock.State
CHILDREN = "AGE < 6"


def refused(world: World, team) -> Submission:
    """A patch that is right on practice rows and wrong on the first block's: its query was refused."""
    mask = world.mask(CHILDREN)
    patch = world.patch(mask, right=1.0)
    rows = world.layout.rows_of("certification-1")
    patch[rows] = np.where(mask[rows], world.base[rows], 0)
    submission = world.evaluated(team, mask, patch, expression=CHILDREN)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.verdict.practice["reason"]) == (State.NOT_SHOWN, "refused")
    return submission


def rotate(competition: Competition) -> None:
    blocks.retire_block(competition.blocks.get(number=1), timezone.now())
    competition.blocks.filter(number=2).update(state=Block.OPEN)


def judging(competition: Competition) -> list[int]:
    return list(competition.submissions.filter(state=State.JUDGING).values_list("number", flat=True))


def test_a_refused_patch_is_asked_again_on_the_next_block_and_may_pass(
    world, bobs, sent, django_capture_on_commit_callbacks
):
    submission = refused(world, bobs)
    rotate(world.competition)
    with django_capture_on_commit_callbacks(execute=True):
        sweep.run_sweep(timezone.now())
    assert judging(world.competition) == [submission.number]
    assert ("bounty.judge", {"submission": str(submission.pk)}, "adjudicate") in sent
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED
    assert list(LedgerQuery.objects.values_list("block__number", "passed")) == [(1, False), (2, True)]


def test_on_the_same_block_nothing_is_asked_again(world, bobs, sent):
    refused(world, bobs)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == []


def test_they_are_asked_in_order_of_arrival_one_at_a_time(world, bobs, charlies, sent):
    first, second = refused(world, bobs), refused(world, charlies)
    rotate(world.competition)
    retry.retry_refused_patches(timezone.now())
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == [first.number]
    judge.judge_submission(first.pk)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == [second.number]


def test_a_team_without_queries_left_is_passed_over(world, bobs, charlies, sent):
    poor, other = refused(world, bobs), refused(world, charlies)
    Competition.objects.update(queries_per_team=2)
    asked = LedgerQuery.objects.get(submission=poor)
    asked.pk, asked.number = None, 99
    asked.save()
    rotate(world.competition)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == [other.number]
    poor.refresh_from_db()
    assert poor.state == State.NOT_SHOWN


def test_nobody_waits_behind_a_team_that_was_told_as_many_verdicts_as_it_may_be(make, bob, charlie, sent):
    world = make(rule_version=2, noise_scale=2.0, verdicts_per_person=5)
    told, other = (refused(world, new_team(world.competition, who, who.username)) for who in (bob, charlie))
    Submission.objects.filter(pk=told.pk).update(verdicts_told=5)
    rotate(world.competition)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == [other.number]


def test_what_was_asked_again_is_not_asked_a_third_time(world, bobs, sent):
    submission = refused(world, bobs)
    rows = world.layout.rows_of("certification-2")
    mask = world.mask(CHILDREN)
    patch = world.patch(mask, right=1.0)
    patch[rows] = np.where(mask[rows], world.base[rows], 0)
    rotate(world.competition)
    retry.retry_refused_patches(timezone.now())
    stored = submission.outcomes.get()
    stored.arrays["predictions"] = (
        artifacts.artifact_store()
        .write_array(paths.outcome(str(submission.pk), 9, "predictions.npy"), patch)
        .to_json()
    )
    stored.save()
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.verdict.block_number) == (State.NOT_SHOWN, 2)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == []


@pytest.mark.parametrize("status", [Competition.Status.PAUSED, Competition.Status.CLOSED])
def test_only_open_competitions_ask_again(world, bobs, sent, status):
    refused(world, bobs)
    rotate(world.competition)
    Competition.objects.update(status=status)
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == []


def test_after_the_deadline_nothing_is_asked_again(world, bobs, sent):
    refused(world, bobs)
    rotate(world.competition)
    Competition.objects.update(closes_at=timezone.now())
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == []


def test_what_harmed_or_was_stopped_on_practice_rows_is_left_alone(world, bobs, sent):
    submission = refused(world, bobs)
    rotate(world.competition)
    Submission.objects.update(state=State.HARMFUL)
    retry.retry_refused_patches(timezone.now())
    Submission.objects.update(state=State.NOT_SHOWN)
    submission.verdict.practice["reason"] = "practice"
    submission.verdict.save()
    retry.retry_refused_patches(timezone.now())
    assert judging(world.competition) == []
