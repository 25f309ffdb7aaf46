"""Disqualification: the lists as if the submission had never been, from stored arrays."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from bounty.adjudication import close, disqualify, judge
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import BoardRow, Competition, Credit, LedgerQuery, Submission
from bounty.shared_model import arrays
from evaluator.decision_list import Update
from evaluator.decision_list.repairs import replay_steps
from evaluator.errors import PlatformFault
from tests.world import CHILDREN, OLD_WOMEN

State = Submission.State


@pytest.fixture
def played(world, bobs, charlies):
    """Bob's, then Charlie's, then Bob's again: three versions; the first and the last overlap."""
    for team, group, seed in ((bobs, CHILDREN, 0), (charlies, OLD_WOMEN, 1), (bobs, "AGE < 12", 2)):
        mask = world.mask(group)
        patch = world.patch(mask, right=1.0 if group == "AGE < 12" else 0.7, seed=seed)
        judge.judge_submission(world.evaluated(team, mask, patch, expression=group).pk)
    assert Submission.objects.filter(state=State.ACCEPTED).count() == 3
    return world


def accepted(world, number: int) -> Submission:
    return world.competition.versions.get(generation=1, number=number).submission


def test_the_rebuilt_list_equals_a_fresh_replay_without_it(played, alice):
    competition = played.competition
    kept = [accepted(played, 2), accepted(played, 3)]
    disqualify.disqualify_submission(accepted(played, 1), "copied", alice)
    competition.refresh_from_db()

    fresh = replay_steps(
        played.base,
        [arrays.load_step(submission) for submission in kept],
        arrays.load_declared_groups(competition),
        arrays.load_practice(competition),
    )
    rebuilt = competition.versions.filter(generation=2).order_by("number")
    assert [v.number for v in rebuilt] == [0, 1, 2]
    for version, candidate in zip(rebuilt[1:], fresh, strict=True):
        assert np.array_equal(artifacts.read_array(version.stored_predictions), candidate.predictions)
    assert competition.head().nodes == (*fresh[0].added, *fresh[1].added)
    assert Update(accepted(played, 1).key) not in competition.head().nodes


def test_no_query_is_asked_and_none_is_given_back(played, alice):
    before = list(LedgerQuery.objects.values_list("number", "passed"))
    block = played.competition.open_block().as_ledger_json()
    disqualify.disqualify_submission(accepted(played, 1), "copied", alice)
    assert list(LedgerQuery.objects.values_list("number", "passed")) == before
    assert played.competition.open_block().as_ledger_json() == block


def test_versions_certified_on_top_of_it_say_so(played, alice):
    first = accepted(played, 2)
    disqualify.disqualify_submission(first, "copied", alice)
    rebuilt = played.competition.versions.filter(generation=2).order_by("number")
    assert [bool(v.note) for v in rebuilt] == [False, False, True]
    assert f"without #{first.number}" in rebuilt[2].note


def test_its_team_loses_the_points_and_the_board_adds_up(played, charlies, alice):
    disqualify.disqualify_submission(accepted(played, 2), "copied", alice)
    competition = Competition.objects.get(pk=played.competition.pk)
    assert BoardRow.objects.get(team=charlies).points is None
    base, head = competition.versions.get(generation=2, number=0), competition.head()
    total = sum(row.points or 0 for row in BoardRow.objects.all())
    assert total == pytest.approx(1000 * (base.practice_loss - head.practice_loss) / base.practice_loss)


def test_the_teams_own_model_is_replayed_without_it(played, bobs, alice):
    first, last = accepted(played, 1), accepted(played, 3)
    disqualify.disqualify_submission(first, "copied", alice)
    bobs.refresh_from_db()
    own = bobs.versions.current()
    assert [version.submission for version in own] == [last]


def test_a_teams_only_patch_leaves_it_without_a_model_of_its_own(played, charlies, alice):
    disqualify.disqualify_submission(accepted(played, 2), "copied", alice)
    charlies.refresh_from_db()
    assert arrays.load_team_list(charlies).newest.number == 0
    assert BoardRow.objects.get(team=charlies).team_loss is None


def test_judging_goes_on_from_the_rebuilt_head(played, charlies, alice):
    disqualify.disqualify_submission(accepted(played, 2), "copied", alice)
    again = played.good_patch(charlies, OLD_WOMEN, seed=5)
    judge.judge_submission(again.pk)
    again.refresh_from_db()
    assert again.state == State.ACCEPTED
    assert Competition.objects.get(pk=played.competition.pk).head().number == 3


def test_a_disqualified_finding_returns_its_share_to_the_fixers(world, bobs, charlies, alice):
    finding = world.evaluated(bobs, CHILDREN)
    judge.judge_submission(finding.pk)
    world.confirm(finding)
    judge.judge_submission(world.good_patch(charlies).pk)
    shared = BoardRow.objects.get(team=charlies).points
    finding.refresh_from_db()
    disqualify.disqualify_submission(finding, "not theirs", alice)
    assert BoardRow.objects.get(team=charlies).points == pytest.approx(shared / 0.7)
    assert BoardRow.objects.get(team=bobs).points is None
    assert world.competition.versions.filter(generation=2).count() == 0


def test_after_the_close_final_points_are_recomputed(played, charlies, alice):
    close.close_competition(played.competition, timezone.now())
    disqualify.disqualify_submission(accepted(played, 2), "copied", alice)
    competition = Competition.objects.get(pk=played.competition.pk)
    base, head = competition.versions.get(generation=2, number=0), competition.head()
    total = sum(c.points for c in Credit.objects.filter(version__generation=2, final=True))
    assert total == pytest.approx(1000 * (base.final_loss - head.final_loss) / base.final_loss)
    assert BoardRow.objects.get(team=charlies).final


@pytest.mark.parametrize("state", [State.QUEUED, State.FAILED, State.DISQUALIFIED, State.WITHDRAWN])
def test_what_was_never_judged_cannot_be_disqualified(world, bobs, alice, state):
    submission = world.submission(bobs, state=state)
    with pytest.raises(Refusal):
        disqualify.disqualify_submission(submission, "copied", alice)
    submission.refresh_from_db()
    assert submission.state == state


def test_a_lost_array_leaves_everything_as_it_was(played, alice):
    lost = accepted(played, 3).outcomes.get().arrays["predictions"]
    artifacts.artifact_store().local_path(lost["path"]).unlink()
    artifacts._arrays = artifacts.ArrayCache(1)
    first = accepted(played, 1)
    with pytest.raises(PlatformFault):
        disqualify.disqualify_submission(first, "copied", alice)
    first.refresh_from_db()
    played.competition.refresh_from_db()
    assert first.state == State.ACCEPTED
    assert played.competition.generation == 1
