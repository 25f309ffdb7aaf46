"""Going back to a version: the list ends there, points and states follow, and the chain says so."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bounty import verification
from bounty.adjudication import close, disqualify, judge, rollback
from bounty.adjudication.advice import ROLLED_BACK
from bounty.adjudication.feedback import VerdictFeedback
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import BoardRow, ChainEntry, Competition, LedgerQuery, Submission, TeamVersion
from bounty.submissions.submit import rejudging_refusal
from tests.world import CHILDREN, OLD_WOMEN

State = Submission.State


@pytest.fixture
def played(world, bobs, charlies):
    """Bob's, Charlie's, Bob's again: three versions."""
    for team, group, seed in ((bobs, CHILDREN, 0), (charlies, OLD_WOMEN, 1), (bobs, "AGE < 12", 2)):
        mask = world.mask(group)
        patch = world.patch(mask, right=1.0 if group == "AGE < 12" else 0.7, seed=seed)
        judge.judge_submission(world.evaluated(team, mask, patch, expression=group).pk)
    assert world.competition.head().number == 3
    return world


def fresh(world) -> Competition:
    artifacts._arrays = artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES)
    return Competition.objects.get(pk=world.competition.pk)


def test_the_model_ends_at_the_version_and_the_chain_verifies(played, alice):
    before = played.competition.versions.get(number=1)
    head = rollback.roll_back_model(played.competition, 1, "the second source was wrong", alice)
    competition = fresh(played)
    assert (head.generation, head.number) == (2, 1) and competition.head() == head
    assert head.nodes == before.nodes and head.created_at == before.created_at
    assert np.array_equal(
        artifacts.read_array(head.stored_predictions), artifacts.read_array(before.stored_predictions)
    )
    assert ChainEntry.objects.latest("number").kind == "rolled back"
    verification.verify_competition(competition)


def test_later_patches_are_not_shown_and_say_why(played, alice):
    rollback.roll_back_model(played.competition, 1, "the second source was wrong", alice)
    states = list(Submission.objects.order_by("number").values_list("state", flat=True))
    assert states == [State.ACCEPTED, State.NOT_SHOWN, State.NOT_SHOWN]
    told = Submission.objects.get(number=2).verdict.sentence
    assert told.startswith("Not shown yet: the organiser rolled the model back to version 1")
    assert "the second source was wrong" in told
    assert "#2, #3" in fresh(played).head().note


def test_points_follow_and_no_query_is_given_back(played, bobs, charlies, alice):
    queries = LedgerQuery.objects.count()
    rollback.roll_back_model(played.competition, 1, "wrong", alice)
    competition = fresh(played)
    base, head = competition.versions.get(generation=2, number=0), competition.head()
    assert BoardRow.objects.get(team=charlies).points is None
    assert BoardRow.objects.get(team=charlies).accepted == 0
    gained = 1000 * (base.practice_loss - head.practice_loss) / base.practice_loss
    assert BoardRow.objects.get(team=bobs).points == pytest.approx(gained)
    assert LedgerQuery.objects.count() == queries == competition.open_block().queries
    assert TeamVersion.objects.filter(team=charlies, generation=1).count() == 1


def test_the_base_model_alone_is_a_version_to_go_back_to(played, alice):
    assert rollback.roll_back_model(played.competition, 0, "all of it", alice).nodes == ()
    assert not Submission.objects.filter(state=State.ACCEPTED).exists()
    verification.verify_competition(fresh(played))


def test_judging_disqualifying_and_closing_go_on_from_there(played, charlies, alice):
    rollback.roll_back_model(played.competition, 1, "wrong", alice)
    again = played.good_patch(charlies, OLD_WOMEN, seed=5)
    judge.judge_submission(again.pk)
    asked = Submission.objects.get(number=2)
    asked.move(State.NOT_SHOWN, State.JUDGING, decided_at=None)
    judge.judge_submission(asked.pk)
    verification.verify_competition(fresh(played))
    assert fresh(played).head().number >= 2
    disqualify.disqualify_submission(Submission.objects.get(number=1), "copied", alice)
    close.close_competition(fresh(played), timezone.now())
    verification.verify_competition(fresh(played))


def test_its_team_reads_what_to_do_now(played, alice):
    rollback.roll_back_model(played.competition, 1, "wrong", alice)
    withdrawn = Submission.objects.get(number=2)
    told = VerdictFeedback.for_verdict(withdrawn, withdrawn.verdict)
    assert told is not None and told.advice == (ROLLED_BACK,)
    assert rejudging_refusal(withdrawn) == ""


@pytest.mark.parametrize(("number", "reason"), [(3, "wrong"), (4, "wrong"), (-1, "wrong"), (1, " ")])
def test_what_cannot_be_rolled_back_stays(number, reason, played, alice):
    with pytest.raises(Refusal):
        rollback.roll_back_model(played.competition, number, reason, alice)
    assert fresh(played).generation == 1


def test_a_closed_competition_stays(played, alice):
    close.close_competition(played.competition, timezone.now())
    with pytest.raises(Refusal, match="closed"):
        rollback.roll_back_model(played.competition, 1, "wrong", alice)


def test_only_organisers_roll_back(played, bob):
    with pytest.raises(PermissionDenied):
        rollback.roll_back_model(played.competition, 1, "wrong", bob)


def test_a_crash_on_the_way_leaves_everything_as_it_was(played, alice, monkeypatch):
    def die(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("bounty.adjudication.rollback.record_rollback", die)
    with pytest.raises(KeyboardInterrupt):
        rollback.roll_back_model(played.competition, 1, "wrong", alice)
    competition = fresh(played)
    assert competition.head().number == 3
    verification.verify_competition(competition)
