"""What a submission's page tells of a patch that was worse, and of the queue."""

from __future__ import annotations

import pytest

from bounty.adjudication import judge
from tests.pages import read_submission


def worse_than_the_model(world, bobs):
    submission = world.evaluated(bobs, "AGE >= 20", world.patch(world.mask("AGE >= 20"), right=0.1))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def test_a_patch_that_is_worse_than_the_model_shows_what_it_does_alone(world, bob, bobs):
    submission = worse_than_the_model(world, bobs)
    text = read_submission(bob, submission)
    assert submission.verdict.sentence.endswith("no better there than the shared model.")
    assert "won 16 of the 420 answers" in text and "before repairs" not in text


@pytest.mark.rule_2026_11
def test_by_the_older_rule_it_shows_what_it_did_before_the_repair(world, bob, bobs):
    submission = worse_than_the_model(world, bobs)
    text = read_submission(bob, submission)
    assert submission.verdict.sentence.startswith("Not shown yet: in the group it errs on ")
    assert "Error in the group, the patch alone" in text and "before repairs; won " in text


def test_the_place_counts_those_that_wait_for_the_same_workers(world, bob, bobs, charlies):
    world.submission(charlies, wants_gpu=True)
    assert "it is next" in read_submission(bob, world.submission(bobs))
