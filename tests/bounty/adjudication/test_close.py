"""The close: final rows are opened once, and what they say is final."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bounty.adjudication import close, judge
from bounty.models import BoardRow, Credit, Submission
from bounty.scoring import credits
from bounty.shared_model import arrays
from tests.clock import NOW
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def played(world, bobs, charlies):
    judge.judge_submission(world.good_patch(bobs, CHILDREN).pk)
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    return world


def test_final_points_come_from_final_rows_with_intervals(played, bobs):
    assert close.close_competition(played.competition, NOW)
    base, _, head = played.competition.versions.order_by("number")
    board = BoardRow.objects.filter(final=True)
    total = sum(row.points for row in board)
    assert total == pytest.approx(1000 * (base.final_loss - head.final_loss) / base.final_loss)
    row = board.get(team=bobs)
    assert row.points_low < row.points < row.points_high


def test_a_competition_closes_once(played):
    assert close.close_competition(played.competition, NOW)
    points = list(Credit.objects.order_by("pk").values_list("pk", "points"))
    assert not close.close_competition(played.competition, NOW + timedelta(hours=1))
    assert list(Credit.objects.order_by("pk").values_list("pk", "points")) == points
    played.competition.refresh_from_db()
    assert played.competition.final_opened_at == NOW


def test_provisional_points_are_kept_beside_the_final_ones(played):
    close.close_competition(played.competition, NOW)
    assert Credit.objects.filter(final=False).count() == Credit.objects.filter(final=True).count() == 2


def test_blocks_are_retired_at_the_close(played):
    close.close_competition(played.competition, NOW)
    assert set(played.competition.blocks.values_list("state", flat=True)) == {"retired"}


def test_what_still_runs_ends_at_the_close(played, bobs):
    held = played.submission(bobs, state=State.HELD, hold="held")
    close.close_competition(played.competition, NOW)
    held.refresh_from_db()
    assert held.state == State.NOT_SHOWN
    assert "closed" in held.verdict.sentence


def test_what_was_sent_in_time_is_waited_for_but_not_for_ever(make, bob):
    world = make(closes_at=NOW)
    world.submission(new_team(world.competition, bob, "Bobs"))
    assert not close.may_close(world.competition, NOW)
    assert close.may_close(world.competition, NOW + close.CLOSE_GRACE)


def test_final_rows_cannot_be_scored_before_the_close(played):
    versions = list(played.competition.versions.order_by("number"))
    with pytest.raises(PermissionError):
        credits.credit_version(versions[1], versions[0], versions[0], final=True)


def test_final_losses_are_those_of_the_stored_heads(played):
    close.close_competition(played.competition, NOW)
    head = played.competition.head()
    predictions = arrays.load_shared_list(played.competition).head.predictions
    assert head.final_loss == arrays.mean_loss(played.competition, predictions, "final")


def test_a_competition_without_patches_closes_too(world, bobs):
    world.submission(bobs)
    assert close.close_competition(world.competition, NOW)
    assert BoardRow.objects.get(team=bobs).points is None
