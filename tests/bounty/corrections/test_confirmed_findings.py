"""A finding that a query confirmed is tested again after a correction, like a patch."""

from __future__ import annotations

import numpy as np
import pytest

from bounty import corrections
from bounty.adjudication import finding_query, judge
from bounty.corrections import Correction
from bounty.models import CertificationBlock, Submission
from tests.verified import read_afresh, row_numbers, verify
from tests.world import CHILDREN, make_world, new_team

State = Submission.State


@pytest.fixture
def world(alice, bob, charlie):
    return make_world(alice, rule_version=2, fixed_blocks=2, noise_scale=2.0, gate_chance=0.7)


@pytest.fixture
def finding(world, bob, charlie):
    """Bob's, confirmed by query 1; Charlie has mended it by query 2."""
    found = world.evaluated(new_team(world.competition, bob, "Bobs"), CHILDREN)
    judge.judge_submission(found.pk)
    found.refresh_from_db()
    finding_query.request_certification(found)
    patch = world.good_patch(new_team(world.competition, charlie, "Charlies"))
    judge.judge_submission(patch.pk)
    assert finding_query.ask_waiting(found.pk)
    found.refresh_from_db()
    assert found.state == State.CONFIRMED and verify(world) == ""
    return found


def correct(world, correction, by):
    return corrections.correct_table(read_afresh(world), correction, "the clerk mixed them up", by)


def labels_as_the_base_says(world, split):
    """Labels by row number after which the base model is right for all small children of a split."""
    rows = world.layout.rows_of(split)
    wrong = world.mask(CHILDREN)[rows] & (world.base != world.y)[rows]
    numbers = np.asarray(row_numbers(world, split))
    return dict(zip(numbers[wrong].tolist(), world.base[rows][wrong].tolist(), strict=True))


def test_what_passes_again_stays_confirmed_and_is_in_the_block_s_pattern(world, finding, alice):
    correct(world, Correction(withdrawn=row_numbers(world, "certification-1")[:20]), alice)
    finding.refresh_from_db()
    assert finding.state == State.CONFIRMED
    assert CertificationBlock.objects.get(number=1).retests_json[0]["kept"] == [[1, True], [2, True]]
    assert verify(world) == ""


def test_what_fails_is_worse_on_practice_rows_again(world, finding, alice):
    correct(world, Correction(labels_as_the_base_says(world, "certification-1")), alice)
    finding.refresh_from_db()
    assert finding.state == State.WORSE and finding.confirmed_at is None
    assert "no longer passes the test that confirmed it" in finding.verdict.sentence
    assert verify(world) == ""


def test_a_correction_of_practice_rows_takes_no_confirmation_back(world, finding, alice):
    correct(world, Correction(labels_as_the_base_says(world, "practice")), alice)
    finding.refresh_from_db()
    assert finding.state == State.CONFIRMED and finding.confirmed_at is not None
    assert verify(world) == ""


def test_what_practice_rows_say_of_it_anew_counts_among_the_verdicts_that_were_told(world, finding, alice):
    assert Submission.objects.get(pk=finding.pk).verdicts_told == 1
    correct(world, Correction(withdrawn=row_numbers(world, "certification-1")[:5]), alice)
    assert Submission.objects.get(pk=finding.pk).verdicts_told == 1
    correct(world, Correction(withdrawn=row_numbers(world, "practice")[:5]), alice)
    assert Submission.objects.get(pk=finding.pk).verdicts_told == 2
