"""The verdict: one transaction, once, from stored arrays."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from django.db import connection

from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import (
    BoardRow,
    CertificationBlock,
    LedgerQuery,
    ModelVersion,
    Submission,
    TeamVersion,
    Verdict,
)
from bounty.submissions import submit
from evaluator.errors import PlatformFault
from tests.world import CHILDREN, OLD_WOMEN, make_world, new_team, new_user

State = Submission.State


def test_a_good_patch_becomes_a_version_with_credit_and_a_board_row(world, bobs):
    submission = world.good_patch(bobs)
    assert judge.judge_submission(submission.pk)

    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED
    head = world.competition.head()
    assert (head.number, head.submission) == (1, submission)
    assert head.practice_loss < world.competition.versions.get(number=0).practice_loss
    assert head.nodes_json == [{"update": submission.key}]
    row = BoardRow.objects.get(team=bobs)
    assert row.points == pytest.approx(sum(c.points for c in head.credits.all())) and row.points > 0
    assert (row.accepted, row.submissions) == (1, 1)


def test_the_version_answers_with_the_patch_on_the_group_and_with_the_base_elsewhere(world, bobs):
    mask = world.mask(CHILDREN)
    patch = world.patch(mask)
    judge.judge_submission(world.evaluated(bobs, mask, patch).pk)
    stored = artifacts.read_array(world.competition.head().stored_predictions)
    assert np.array_equal(stored, np.where(mask, patch, world.base))


def test_points_telescope_to_the_models_improvement(world, bobs, charlies):
    judge.judge_submission(world.good_patch(bobs).pk)
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    base, head = world.competition.versions.get(number=0), world.competition.head()
    assert head.number == 2
    total = sum(BoardRow.objects.values_list("points", flat=True))
    assert total == pytest.approx(1000 * (base.practice_loss - head.practice_loss) / base.practice_loss)


def test_one_query_is_booked_with_the_state_it_was_asked_in(world, bobs):
    judge.judge_submission(world.good_patch(bobs).pk)
    judge.judge_submission(world.good_patch(bobs, OLD_WOMEN).pk)
    assert list(LedgerQuery.objects.values_list("number", "accepted_before", "passed")) == [
        (1, 0, True),
        (2, 1, True),
    ]
    block = world.competition.blocks.get(number=1)
    assert (block.queries, block.accepted) == (2, 2)


def test_what_fails_on_practice_rows_costs_no_query(world, bobs):
    mask = world.mask("AGE < 6 and SEX == 'male'")
    submission = world.evaluated(bobs, mask, world.patch(mask, right=0.4))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN
    assert not LedgerQuery.objects.exists()
    assert submission.verdict.sentence.startswith("Not shown yet")
    assert submission.verdict.practice["reason"] == "practice"


def test_a_verdict_that_is_delivered_twice_is_decided_once(world, bobs):
    submission = world.good_patch(bobs)
    assert judge.judge_submission(submission.pk)
    assert not judge.judge_submission(submission.pk)
    assert LedgerQuery.objects.count() == 1
    assert world.competition.versions.count() == 2
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD, State.WITHDRAWN, State.DISQUALIFIED])
def test_only_what_waits_for_its_verdict_is_judged(world, bobs, state):
    submission = world.good_patch(bobs)
    Submission.objects.update(state=state)
    assert not judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == state
    assert not Verdict.objects.exists()


def test_a_fault_after_the_query_takes_everything_back(world, bobs, monkeypatch):
    def lost(*_: object, **__: object) -> None:
        raise PlatformFault("the disk is full")

    submission = world.good_patch(bobs)
    monkeypatch.setattr(judge.credits, "credit_version", lost)
    with pytest.raises(PlatformFault):
        judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.JUDGING
    assert world.competition.versions.count() == 1
    assert (
        not LedgerQuery.objects.exists() and not Verdict.objects.exists() and not TeamVersion.objects.exists()
    )
    assert world.competition.blocks.get(number=1).queries == 0


def test_arrays_that_were_tampered_with_are_never_judged(world, bobs):
    submission = world.good_patch(bobs)
    stored = submission.outcomes.get().arrays["predictions"]
    artifacts.artifact_store().write_array(stored["path"], world.y)
    with pytest.raises(PlatformFault):
        judge.judge_submission(submission.pk)


def test_a_team_takes_practice_gains_into_its_own_model_even_when_not_shown(world, bobs):
    mask = world.mask("AGE < 6 and SEX == 'male' and VISITS > 4")
    submission = world.evaluated(bobs, mask, world.patch(mask))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN
    version = TeamVersion.objects.get(team=bobs)
    assert version.practice_loss < world.competition.head().practice_loss
    assert submission.verdict.team_version == version
    assert BoardRow.objects.get(team=bobs).team_loss == version.practice_loss


def test_a_finding_is_worse_on_practice_rows_without_a_query(world, bobs):
    submission = world.evaluated(bobs, CHILDREN)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.WORSE
    assert submission.verdict.practice["counts"]
    assert not LedgerQuery.objects.exists()
    assert BoardRow.objects.get(team=bobs).points is None


def test_a_finding_where_nothing_is_wrong_is_not_shown(world, bobs):
    submission = world.evaluated(bobs, "AGE > 30 and AGE < 50")
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN


def test_an_earlier_finder_whose_finding_is_confirmed_shares_in_the_fix(world, bobs, charlies):
    finding = world.evaluated(bobs, CHILDREN)
    judge.judge_submission(finding.pk)
    world.confirm(finding)
    judge.judge_submission(world.good_patch(charlies).pk)
    points = dict(BoardRow.objects.values_list("team", "points"))
    assert points[bobs.pk] / (points[bobs.pk] + points[charlies.pk]) == pytest.approx(0.3)


def test_a_team_without_queries_left_is_told_so(make, bob):
    world = make(queries_per_team=1)
    team = new_team(world.competition, bob, "Bobs")
    judge.judge_submission(world.good_patch(team).pk)
    second = world.good_patch(team, OLD_WOMEN)
    judge.judge_submission(second.pk)
    second.refresh_from_db()
    assert second.state == State.NOT_SHOWN
    assert second.verdict.practice["reason"] == "allowance"
    assert LedgerQuery.objects.count() == 1


def test_a_spent_block_is_retired_and_the_next_one_opened(make, bob):
    world = make(target_gain=1e-6)
    team = new_team(world.competition, bob, "Bobs")
    judge.judge_submission(world.good_patch(team).pk)
    states = dict(CertificationBlock.objects.values_list("number", "state"))
    assert states == {1: "retired", 2: "open"}


def spend_both_blocks(make, bob):
    world = make(target_gain=1e-6)
    team = new_team(world.competition, bob, "Bobs")
    judge.judge_submission(world.good_patch(team).pk)
    judge.judge_submission(world.good_patch(team, OLD_WOMEN).pk)
    return world.competition


def test_the_last_block_is_retired_like_the_others(make, bob):
    assert spend_both_blocks(make, bob).open_block() is None
    assert set(CertificationBlock.objects.values_list("state", flat=True)) == {"retired"}


@pytest.mark.rule_2026_11
def test_by_the_older_rule_the_last_block_stays_open(make, bob):
    assert spend_both_blocks(make, bob).open_block().number == 2


def test_harm_to_a_declared_group_is_repaired(make, bob):
    world = make(declared={"girls": "AGE < 6 and SEX == 'female'"})
    team = new_team(world.competition, bob, "Bobs")
    mask = world.mask(CHILDREN)
    girls = world.mask("AGE < 6 and SEX == 'female'")
    # Boys are put right, girls made worse than they were.
    answers = np.where(girls, 1 - world.y, world.y).astype(np.int16) * mask.astype(np.int16)
    judge.judge_submission(world.evaluated(team, mask, answers).pk)
    head = world.competition.head()
    assert head.number == 1
    assert head.nodes_json[1] == {"repair": world.competition.declared_groups.get().key, "target": 0}
    base = world.competition.versions.get(number=0)
    stored = artifacts.read_array(head.stored_predictions)
    assert np.array_equal(stored[girls], artifacts.read_array(base.stored_predictions)[girls])


def test_nothing_is_judged_in_a_closed_competition(world, bobs):
    submission = world.good_patch(bobs)
    world.competition.status = "closed"
    world.competition.save()
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.NOT_SHOWN
    assert "closed" in submission.verdict.sentence
    assert not LedgerQuery.objects.exists()


def test_final_labels_are_not_read_while_open(world, bobs):
    final = world.competition.tables_json["labels"]["final"]["path"]
    artifacts.artifact_store().local_path(final).unlink()
    submission = world.good_patch(bobs)
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.ACCEPTED


def test_losses_on_public_rows_follow_the_head(world, bobs, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        judge.judge_submission(world.good_patch(bobs).pk)
    head = world.competition.head()
    losses = artifacts.read_array(head.stored_head_loss)
    assert losses.shape == (world.layout.public,)
    explore = world.layout.rows_of("explore")
    assert losses[explore].mean() == pytest.approx(head.explore_loss)


def test_asking_again_is_possible_once_the_model_has_changed(world, bobs, charlies, sent):
    mask = world.mask("AGE < 6 and SEX == 'male' and VISITS > 4")
    weak = world.evaluated(bobs, mask, world.patch(mask))
    judge.judge_submission(weak.pk)
    weak = Submission.objects.get(pk=weak.pk)
    with pytest.raises(Refusal):
        submit.request_rejudging(weak)
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    weak = Submission.objects.get(pk=weak.pk)
    submit.request_rejudging(weak)
    assert weak.state == State.JUDGING
    assert judge.judge_submission(weak.pk)
    assert TeamVersion.objects.filter(submission=weak).count() == 1


def test_what_was_accepted_cannot_be_asked_again(world, bobs):
    submission = world.good_patch(bobs)
    judge.judge_submission(submission.pk)
    with pytest.raises(Refusal):
        submit.request_rejudging(Submission.objects.get(pk=submission.pk))


def test_coin_flips_yield_no_accepted_patches(make, bob):
    world = make(labels="coin flips", queries_per_team=100)
    team = new_team(world.competition, bob, "Bobs")
    rng = np.random.default_rng(1)
    for _ in range(30):
        mask = rng.random(len(world.y)) < rng.uniform(0.05, 0.9)
        patch = np.where(mask, rng.integers(0, 2, len(world.y)), 0).astype(np.int16)
        judge.judge_submission(world.evaluated(team, mask, patch).pk)
    assert not ModelVersion.objects.filter(number__gt=0).exists()
    assert not Submission.objects.filter(state=State.ACCEPTED).exists()


@pytest.mark.django_db(transaction=True)
def test_workers_that_judge_at_once_decide_once():
    world = make_world(new_user("alice"))
    team = new_team(world.competition, new_user("bob"), "Bobs")
    submissions = [world.good_patch(team), world.good_patch(team, OLD_WOMEN)]
    decided: list[bool] = []
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def work(submission: Submission) -> None:
        try:
            start.wait()
            decided.append(judge.judge_submission(submission.pk))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[submissions[i % 2]]) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(decided) == [False, False, False, False, True, True]
    assert sorted(LedgerQuery.objects.values_list("number", flat=True)) == [1, 2]
    assert sorted(ModelVersion.objects.values_list("number", flat=True)) == [0, 1, 2]
