"""What secret rows give away, who pays for it, and where harm is seen."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from bounty.adjudication import judge
from bounty.core.errors import Refusal
from bounty.ledger import blocks
from bounty.models import Competition, LedgerQuery, Submission
from bounty.submissions import leases, submit
from bounty.submissions.submit import NewSubmission
from bounty.workers import tasks
from tests.evaluation_reports import report
from tests.world import CHILDREN, World, new_team

State = Submission.State


def fail_on_secret(world: World, team) -> Submission:
    submission = world.submission(team, state=State.QUEUED)
    leases.renew_lease(submission, submission.attempt, "", timezone.now())
    tasks.evaluation_done(**report(world, submission, status="no_result", on_secret=True, arrays={}))
    submission.refresh_from_db()
    return submission


@pytest.mark.rule_2026_11
def test_a_failure_on_secret_rows_is_charged_to_every_block_that_will_still_be_asked(world, bobs, sent):
    blocks.retire_block(world.competition.open_block(), timezone.now())
    world.competition.blocks.filter(number=2).update(state="open")
    assert fail_on_secret(world, bobs).state == State.FAILED
    assert list(world.competition.blocks.values_list("extra_bits", flat=True)) == [0, 1]


@pytest.mark.rule_2026_11
def test_a_waiting_block_pays_too(world, bobs, sent):
    fail_on_secret(world, bobs)
    assert list(world.competition.blocks.values_list("extra_bits", flat=True)) == [1, 1]


@pytest.mark.rule_2026_11
def test_failures_on_secret_rows_count_against_the_allowance_of_queries(make, bob, sent):
    world = make(queries_per_team=1)
    bobs = new_team(world.competition, bob, "Bobs")
    fail_on_secret(world, bobs)
    submission = world.good_patch(bobs)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN
    assert submission.verdict.practice["reason"] == "allowance"
    assert not LedgerQuery.objects.exists()


@pytest.mark.rule_2026_11
def test_a_team_cannot_spend_the_ledger_by_failing_for_ever(make, bob, charlie, sent):
    world = make(queries_per_team=2)
    bobs, charlies = (new_team(world.competition, who, who.username) for who in (bob, charlie))
    for _ in range(2):
        fail_on_secret(world, bobs)
    with pytest.raises(Refusal, match="no result on the secret rows"):
        submit.create_submission(world.competition, bobs, bob, NewSubmission(expression="AGE < 6"))
    assert submit.create_submission(world.competition, charlies, charlie, NewSubmission(expression="AGE < 6"))


def harmful(world: World, team) -> Submission:
    """Right about everybody but the youngest, of whom it is always wrong."""
    small = world.mask("AGE < 9")
    predictions = np.where(small, 1 - world.y, world.y).astype(np.int16)
    return world.evaluated(team, np.ones(len(world.y), dtype=bool), predictions, expression="True")


def test_harm_within_the_tolerance_of_practice_rows_is_still_seen_on_certification_rows(make, bob):
    """The tolerance lets practice rows pass it unrepaired; the test for harm knows no tolerance."""
    world = make(declared={"the youngest": "AGE < 9"}, tolerance=0.9, labels="signal")
    submission = harmful(world, new_team(world.competition, bob, "Bobs"))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.HARMFUL, submission.verdict.sentence
    assert submission.verdict.sentence.startswith("Harm seen: ")
    block = Competition.objects.get(pk=world.competition.pk).blocks.get(number=1)
    assert (block.queries, block.accepted, block.extra_bits) == (1, 0, 0)
    assert LedgerQuery.objects.get().symbol == "H"
    assert not world.competition.versions.filter(number=1).exists()


def test_without_tolerance_the_same_patch_is_repaired_and_accepted(make, bob):
    world = make(declared={"the youngest": "AGE < 9"}, labels="signal")
    submission = harmful(world, new_team(world.competition, bob, "Bobs"))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED
    assert len(submission.verdict.practice["whole"]["repairs"]) >= 1
    youngest = world.competition.declared_groups.get()
    before, after = (v.groups.get(youngest.key) for v in world.competition.versions.order_by("number"))
    assert before is None or after[1] <= before[1]


def asked_twice(world: World, bobs) -> list[LedgerQuery]:
    """Known by heart on practice rows, true in half of the others: refused on block 1, then asked on block 2."""
    mask = world.mask(CHILDREN)
    predictions = world.base.copy()
    practice = world.layout.rows_of("practice")
    predictions[practice] = world.y[practice]
    submission = world.evaluated(bobs, mask, predictions, expression=CHILDREN)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN and LedgerQuery.objects.get().block.number == 1
    assert "same" in submit.rejudging_refusal(submission)

    first, second = world.competition.blocks.order_by("number")
    blocks.retire_block(first, timezone.now())
    world.competition.blocks.filter(pk=second.pk).update(state="open")
    submission = Submission.objects.get(pk=submission.pk)
    assert submit.rejudging_refusal(submission) == ""
    submit.request_rejudging(submission)
    judge.judge_submission(submission.pk)
    later = LedgerQuery.objects.get(block=second)
    assert (later.number, later.accepted_before) == (1, 0)
    return [LedgerQuery.objects.get(block=first), later]


def test_a_refused_patch_is_asked_again_on_the_next_block_with_its_own_share_of_delta(world, bobs):
    earlier, later = asked_twice(world, bobs)
    assert (earlier.chance, later.chance) == (0.97, 0.97)
    assert later.log_inverse_delta == earlier.log_inverse_delta


@pytest.mark.rule_2026_11
def test_by_the_older_rule_a_later_block_has_a_smaller_share(world, bobs):
    earlier, later = asked_twice(world, bobs)
    # delta / 2 for block 1, delta / 6 for block 2.
    assert later.log_inverse_delta - earlier.log_inverse_delta == pytest.approx(np.log(3))
