"""Corrections by the present rule: entries are tested again at levels that pay for what corrections tell."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty import corrections
from bounty.adjudication import close, judge
from bounty.corrections import Correction, retest
from bounty.ledger import blocks, bounds, present_block
from bounty.models import CertificationBlock, LedgerQuery, Submission, TeamVersion
from bounty.shared_model import arrays
from bounty.shared_model.practice_noise import own_model_noise
from evaluator.adjudication.own_model import noised_mean_loss
from tests.verified import read_afresh, row_numbers, verify
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State


@pytest.fixture
def played(make, bob, charlie):
    """Two accepted patches of two teams."""
    world = make(declared={"women": "SEX == 'female'"}, noise_scale=2.0)
    teams = (new_team(world.competition, bob, "Bobs"), new_team(world.competition, charlie, "Charlies"))
    for team, group in zip(teams, (CHILDREN, OLD_WOMEN), strict=True):
        judge.judge_submission(world.good_patch(team, group).pk)
    assert LedgerQuery.objects.filter(symbol="A").count() == 2
    return world


def correct(world, correction: Correction, by, reason: str = "the clerk mixed them up"):
    return corrections.correct_table(read_afresh(world), correction, reason, by)


def spoilt(world, group: str, split: str = "certification-1") -> dict[int, int]:
    """Labels under which the patch of a group is wrong wherever it answers."""
    step = arrays.load_step(Submission.objects.get(expression=group, state=State.ACCEPTED))
    rows = [row for row in row_numbers(world, split) if step.mask[row - 1]]
    return {row: 1 - int(step.predictions[row - 1]) for row in rows}


def first_block() -> CertificationBlock:
    return CertificationBlock.objects.get(number=1)


def test_entries_that_pass_again_are_kept_and_their_pattern_is_written(played, alice):
    correct(played, Correction(withdrawn=row_numbers(played, "certification-1")[:20]), alice)
    assert first_block().retests_json == [{"correction": 1, "after": 2, "kept": [[1, True], [2, True]]}]
    assert LedgerQuery.objects.count() == 2 and first_block().extra_bits == 0
    assert set(Submission.objects.values_list("state", flat=True)) == {State.ACCEPTED}
    assert verify(played) == ""


def test_an_entry_that_fails_again_is_dropped_and_costs_the_block_its_pattern(played, alice):
    before = present_block.block_ledger(played.competition, first_block()).level(0.7)
    correct(played, Correction(spoilt(played, CHILDREN)), alice)
    assert Submission.objects.get(expression=CHILDREN).state == State.NOT_SHOWN
    assert first_block().retests_json[0]["kept"] == [[1, False], [2, True]]
    after = present_block.block_ledger(read_afresh(played), first_block()).level(0.7)
    # One of 128 is dropped before anything is seen; then one of 65 keeps the next in proportion.
    assert after > before + 4
    assert verify(played) == ""


def test_each_correction_tests_at_a_deeper_level(played, alice):
    rows = row_numbers(played, "certification-1")
    entered = list(played.competition.versions.current().filter(number__gt=0).order_by("number"))
    own = LedgerQuery.objects.get(number=2).log_inverse_delta
    first = retest.retest_entries(played.competition, entered, {"certification-1"})[1].level
    correct(played, Correction(withdrawn=rows[:20]), alice)
    competition = read_afresh(played)
    entered = list(competition.versions.current().filter(number__gt=0).order_by("number"))
    second = retest.retest_entries(competition, entered, {"certification-1"})[1].level
    assert own < first < second
    correct(
        played, Correction(withdrawn=row_numbers(read_afresh_world(played), "certification-1")[:20]), alice
    )
    assert [each["correction"] for each in first_block().retests_json] == [1, 2]
    assert verify(played) == ""


def read_afresh_world(world):
    world.competition = read_afresh(world)
    return world


def test_a_correction_of_other_rows_tests_nothing_again(played, alice):
    correct(played, Correction(withdrawn=row_numbers(played, "practice")[:20]), alice)
    assert first_block().retests_json == []
    assert verify(played) == ""


def test_a_team_s_own_model_is_told_with_new_noise_after_a_correction(played, alice):
    correct(played, Correction(withdrawn=row_numbers(played, "practice")[:1]), alice)
    own = TeamVersion.objects.filter(team__name="Bobs").order_by("-generation").first()
    competition, predictions = read_afresh(played), arrays.load_team_list(own.team).head.predictions
    practice, keyed = arrays.load_practice(competition), (competition, own.submission_id)
    assert own.generation == 2
    assert own.practice_loss == noised_mean_loss(practice, predictions, own_model_noise(*keyed, 2))
    assert verify(played) == ""


def test_bounds_are_taken_anew_of_the_version_that_they_were_published_of(played, alice, bob):
    blocks.retire_block(first_block(), timezone.now())
    bounds.publish_bounds(played.competition)
    said = first_block().bounds
    CertificationBlock.objects.filter(number=2).update(state="open")
    judge.judge_submission(played.good_patch(bob.memberships.get().team, "AGE > 80", seed=5).pk)
    correct(played, Correction(withdrawn=row_numbers(played, "certification-1")[:20]), alice)
    again = first_block().bounds
    assert (said.generation, said.version) == (1, 2) and (again.generation, again.version) == (2, 2)
    assert again.log_inverse_delta > said.log_inverse_delta  # both entries were tested again
    assert [line.rows for line in again.lines] != [line.rows for line in said.lines]


def test_after_the_close_a_deletion_still_follows(played, alice):
    close.close_competition(read_afresh(played), timezone.now())
    correct(played, Correction(deleted=row_numbers(played, "certification-1")[:5]), alice, "asked for")
    assert first_block().retests_json == []
    assert verify(played) == ""


def told_of_versions(world) -> list[tuple[float, dict, float]]:
    return [
        (version.practice_loss, version.groups, sum(each.points for each in version.credits.all()))
        for version in read_afresh(world).versions.current().order_by("number")
    ]


def test_what_was_told_of_versions_stays_when_a_person_is_erased_until_the_next_one(played, alice, bob):
    before = told_of_versions(played)
    correct(played, Correction(deleted=row_numbers(played, "practice")[:1]), alice)
    assert told_of_versions(played) == before
    competition = read_afresh(played)
    exact = [
        arrays.mean_loss(competition, head.predictions, "practice")
        for head in arrays.load_shared_list(competition).published
    ]
    assert [loss for loss, *_ in before] != exact
    assert verify(played) == ""


def test_versions_after_a_dropped_entry_are_measured_anew(played, alice):
    before = told_of_versions(played)
    spoilt_rows = {row: 1 - int(played.y[row - 1]) for row in row_numbers(played, "practice")[:30]}
    correct(played, Correction(spoilt(played, CHILDREN) | spoilt_rows), alice)
    after = told_of_versions(played)
    assert len(after) == 2 and after[0] == before[0]
    assert after[1][0] not in [loss for loss, *_ in before]
    assert verify(played) == ""


def test_rows_that_are_no_people_are_measured_anew_at_once(make, bob, alice):
    world = make(rule_version=2, fixed_blocks=2, noise_scale=0.0)
    judge.judge_submission(world.good_patch(new_team(world.competition, bob, "Bobs")).pk)
    before = told_of_versions(world)
    correct(world, Correction(withdrawn=row_numbers(world, "practice")[:5]), alice)
    assert told_of_versions(world)[0] != before[0]
    assert verify(world) == ""
