"""Correcting the table: labels mended, rows withdrawn, a person's rows deleted, and all that follows."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bounty import corrections, verification
from bounty.adjudication import close, disqualify, judge, rollback
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.corrections import Correction
from bounty.models import (
    BoardRow,
    ChainEntry,
    LedgerQuery,
    Notice,
    Submission,
    TableCorrection,
    TeamVersion,
)
from bounty.shared_model import arrays
from bounty.submissions import dispatch
from evaluator.decision_list.repairs import replay_steps
from tests.verified import read_afresh, row_numbers
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State


@pytest.fixture
def played(make, bob, charlie):
    """A finding and two accepted patches of two teams, and one that practice rows did not speak for, by the rule of
    2026-11.
    """
    world = make(declared={"women": "SEX == 'female'"}, rule_version=1)
    bobs = new_team(world.competition, bob, "Bob's Builders")
    charlies = new_team(world.competition, charlie, "Charlie's Angels")
    judge.judge_submission(world.evaluated(bobs, OLD_WOMEN).pk)
    for team, group, right in (
        (bobs, CHILDREN, 0.9),
        (charlies, OLD_WOMEN, 0.8),
        (bobs, "VISITS > 5", 0.5),
    ):
        mask = world.mask(group)
        sent = world.evaluated(team, mask, world.patch(mask, right=right, seed=3), expression=group)
        judge.judge_submission(sent.pk)
    states = list(Submission.objects.order_by("number").values_list("state", flat=True))
    assert states == [State.CONFIRMED, State.ACCEPTED, State.ACCEPTED, State.NOT_SHOWN]
    return world


def spoilt(world, group: str, split: str = "certification-1") -> dict[int, int]:
    """Labels under which the patch of a group is wrong wherever it answers."""
    submission = Submission.objects.get(expression=group, state=State.ACCEPTED)
    step = arrays.load_step(submission)
    rows = [row for row in row_numbers(world, split) if step.mask[row - 1]]
    return {row: 1 - int(step.predictions[row - 1]) for row in rows}


def test_mended_labels_move_losses_points_and_the_board(played, alice):
    head = played.competition.head()
    rows = row_numbers(played, "practice")[:200]
    mended = {row: int(1 - played.y[row - 1]) for row in rows}
    made = corrections.correct_table(played.competition, Correction(mended), "the clerk mixed them up", alice)
    competition = read_afresh(played)
    assert made.counts == {"practice": {"mended": 200, "withdrawn": 0, "deleted": 0}}
    y = played.y.copy()
    y[[row - 1 for row in rows]] = list(mended.values())
    practice = played.layout.rows_of("practice")
    assert np.array_equal(artifacts.read_labels(competition, "practice"), y[practice])
    new = competition.head()
    assert (new.generation, new.number) == (2, head.number)
    wrong = artifacts.read_array(new.stored_predictions)[practice] != y[practice]
    assert new.practice_loss == pytest.approx(wrong.mean()) and new.practice_loss > head.practice_loss
    base = competition.versions.get(generation=2, number=0)
    total = sum(row.points or 0 for row in BoardRow.objects.all())
    assert total == pytest.approx(1000 * (base.practice_loss - new.practice_loss) / base.practice_loss)
    verification.verify_competition(competition)


def test_withdrawn_rows_leave_every_list_and_every_table(played, alice):
    before = played.layout
    rows = [*row_numbers(played, "explore")[:30], *row_numbers(played, "practice")[:100]]
    rows += row_numbers(played, "certification-1")[:50]
    corrections.correct_table(played.competition, Correction(withdrawn=rows), "drawn twice", alice)
    competition = read_afresh(played)
    layout = competition.layout
    assert layout.rows == before.rows - 180 and layout.public == before.public - 30
    left = np.setdiff1d(np.arange(before.rows), np.array(rows) - 1)
    assert len(artifacts.read_public_table(competition)) == layout.public
    stored = competition.tables_json["secret"]
    secret = artifacts.artifact_store().read_table(stored["path"], stored["sha256"])
    assert len(secret) == layout.rows - layout.public
    assert np.array_equal(
        artifacts.read_labels(competition, "practice"), played.y[left][layout.rows_of("practice")]
    )
    assert competition.blocks.get(number=1).rows == 1150
    candidates = replay_steps(
        played.base[left],
        [
            arrays.load_step(version.submission)
            for version in competition.versions.filter(generation=2, number__gt=0)
        ],
        arrays.load_declared_groups(competition),
        arrays.load_practice(competition),
    )
    head = arrays.load_shared_list(competition).head
    assert np.array_equal(head.predictions, candidates[-1].predictions)
    assert len(artifacts.read_array(competition.head().stored_head_loss)) == layout.public
    verification.verify_competition(competition)


def test_judging_goes_on_over_the_rows_that_are_left(played, charlie, alice):
    waiting = played.good_patch(charlie.memberships.get().team, "AGE < 12", seed=5)
    rows = row_numbers(played, "practice")[:100]
    corrections.correct_table(played.competition, Correction(withdrawn=rows), "drawn twice", alice)
    assert judge.judge_submission(waiting.pk), Submission.objects.get(pk=waiting.pk).state
    competition = read_afresh(played)
    waiting.refresh_from_db()
    assert competition.head().number >= 2 and waiting.verdict.practice["rows"] < 700
    verification.verify_competition(competition)
    first = competition.versions.get(generation=2, number=1).submission
    disqualify.disqualify_submission(first, "copied", alice)
    verification.verify_competition(read_afresh(played))
    corrections.correct_table(
        read_afresh(played), Correction(withdrawn=row_numbers(played, "train")[:5]), "twice", alice
    )
    verification.verify_competition(read_afresh(played))
    rollback.roll_back_model(read_afresh(played), 0, "wrong", alice)
    verification.verify_competition(read_afresh(played))
    close.close_competition(read_afresh(played), timezone.now())
    verification.verify_competition(read_afresh(played))


def test_an_entry_that_no_longer_passes_its_own_test_is_dropped_without_a_query(played, bob, alice):
    queries, ledger = LedgerQuery.objects.count(), played.competition.open_block().as_ledger_json()
    mended = spoilt(played, CHILDREN)
    corrections.correct_table(played.competition, Correction(mended), "read from the wrong column", alice)
    competition = read_afresh(played)
    lost = Submission.objects.get(number=2)
    assert lost.state == State.NOT_SHOWN and "correction 1 of the table" in lost.verdict.sentence
    assert "read from the wrong column" in lost.verdict.sentence
    assert Notice.objects.filter(user=bob, body__contains="correction 1 of the table").count() == 1
    kept = competition.versions.get(generation=2, number=1)
    assert kept.submission.number == 3 and "took out #2" in kept.note and "again" in kept.note
    assert LedgerQuery.objects.count() == queries
    block = competition.open_block().as_ledger_json()
    # One kept and one dropped: a pattern of three bits.
    assert block == ledger | {"extra_bits": ledger["extra_bits"] + 3}
    assert BoardRow.objects.get(team=bob.memberships.get().team).accepted == 0
    verification.verify_competition(competition)


def test_where_no_row_of_its_block_changed_nothing_is_tested_or_charged(played, alice):
    ledger = played.competition.open_block().as_ledger_json()
    rows = row_numbers(played, "certification-2")[:20]
    corrections.correct_table(played.competition, Correction(withdrawn=rows), "drawn twice", alice)
    competition = read_afresh(played)
    assert competition.open_block().as_ledger_json() == ledger
    assert competition.blocks.get(number=2).rows == 580 and competition.head().number == 2
    verification.verify_competition(competition)


def test_what_was_not_shown_stays_so_and_what_was_told_stays_told(played, alice):
    told = Submission.objects.get(number=4).verdict.practice
    rows = row_numbers(played, "practice")[:100]
    corrections.correct_table(played.competition, Correction(withdrawn=rows), "drawn twice", alice)
    again = Submission.objects.get(number=4)
    assert again.state == State.NOT_SHOWN and again.verdict.practice == told


def test_findings_are_judged_again_against_the_model_as_it_then_was(played, alice):
    finding = Submission.objects.get(number=1)
    when = finding.decided_at
    women = played.mask(OLD_WOMEN)
    rows = [row for row in row_numbers(played, "practice") if women[row - 1]]
    mended = {row: int(played.base[row - 1]) for row in rows}
    corrections.correct_table(played.competition, Correction(mended), "coded the other way round", alice)
    finding.refresh_from_db()
    assert finding.state == State.NOT_SHOWN and finding.decided_at == when
    assert finding.verdict.practice["loss_inside"] == 0
    assert finding.verdict.sentence.endswith("Judged again after correction 1 of the table.")
    assert not BoardRow.objects.filter(findings__gt=0).exists()
    verification.verify_competition(read_afresh(played))


def test_teams_own_models_keep_only_what_still_gains(played, bob, alice):
    bobs = bob.memberships.get().team
    before = TeamVersion.objects.filter(team=bobs, generation=1).count()
    corrections.correct_table(
        played.competition, Correction(spoilt(played, CHILDREN, "practice")), "the wrong column", alice
    )
    bobs.refresh_from_db()
    assert before == 1 and bobs.generation == 2 and not bobs.versions.filter(generation=2).exists()
    verification.verify_competition(read_afresh(played))


def test_what_is_on_its_way_runs_on_the_new_table(
    played, bob, alice, sent, django_capture_on_commit_callbacks
):
    bobs = bob.memberships.get().team
    rows = played.layout.rows
    queued = played.submission(bobs, state=State.QUEUED)
    running = played.submission(bobs, state=State.EVALUATING)
    with django_capture_on_commit_callbacks(execute=True):
        corrections.correct_table(played.competition, Correction(withdrawn=[1]), "drawn twice", alice)
    for submission in (queued, running):
        submission.refresh_from_db()
        assert (submission.state, submission.attempt) == (State.QUEUED, 2)
    orders = [arguments["order"] for name, arguments, _ in sent if name == dispatch.EVALUATE]
    assert {order["attempt"] for order in orders} == {2}
    assert all(order["layout"]["rows"] == rows - 1 for order in orders)


def test_the_preview_writes_nothing_and_does_not_say_who_passes(played):
    seen = corrections.preview_correction(
        played.competition, Correction(spoilt(played, CHILDREN), withdrawn=[1, 2])
    )
    assert seen.retested == 2 and seen.rejudged == 0 and seen.own_models == 0
    assert seen.counts["train"] == {"mended": 0, "withdrawn": 2, "deleted": 0}
    assert seen.left["train"] == 398 and not seen.erases
    assert not TableCorrection.objects.exists() and read_afresh(played).generation == 1
    assert not ChainEntry.objects.filter(kind="corrected").exists()


def test_after_the_close_only_deletions_are_made_and_nothing_is_dropped(played, alice):
    close.close_competition(played.competition, timezone.now())
    with pytest.raises(Refusal, match="closed"):
        corrections.correct_table(read_afresh(played), Correction({1: 0}), "wrong", alice)
    rows = [*row_numbers(played, "final")[:20], *row_numbers(played, "certification-1")[:600]]
    corrections.correct_table(
        read_afresh(played), Correction(deleted=rows), "they asked to be forgotten", alice
    )
    competition = read_afresh(played)
    assert competition.head().number == 2 and len(artifacts.read_labels(competition, "final")) == 580
    base, head = competition.versions.get(generation=2, number=0), competition.head()
    total = sum(row.points or 0 for row in BoardRow.objects.all())
    assert total == pytest.approx(1000 * (base.final_loss - head.final_loss) / base.final_loss)
    assert competition.blocks.get(number=1).bounds.lines[0].rows == 600
    verification.verify_competition(competition)


def test_only_organisers_correct_and_say_why(played, bob, alice):
    with pytest.raises(PermissionDenied):
        corrections.correct_table(played.competition, Correction({1: 0}), "wrong", bob)
    with pytest.raises(Refusal, match="Say why"):
        corrections.correct_table(played.competition, Correction({1: 0}), "  ", alice)
    assert read_afresh(played).generation == 1
