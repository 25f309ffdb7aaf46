"""Competitions in which everything happened, by the rule of 2026-11 and by the present one."""

from __future__ import annotations

import pytest

from bounty.adjudication import disqualify, judge
from bounty.models import Submission
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State


@pytest.fixture
def played(make, bob, charlie, django_capture_on_commit_callbacks):
    """Two accepted patches of two teams, one not shown, a finding, one disqualified, by the rule of 2026-11."""
    world = make(declared={"women": "SEX == 'female'"}, rule_version=1)
    play(world, bob, charlie, django_capture_on_commit_callbacks)
    states = set(Submission.objects.values_list("state", flat=True))
    assert states == {State.CONFIRMED, State.ACCEPTED, State.NOT_SHOWN, State.DISQUALIFIED}
    return world


@pytest.fixture
def played_present(make, bob, charlie, django_capture_on_commit_callbacks):
    """The same by the present rule, with noise in what is told, and a patch that the block refused."""
    world = make(declared={"women": "SEX == 'female'"}, noise_scale=2.0)
    play(world, bob, charlie, django_capture_on_commit_callbacks)
    states = set(Submission.objects.values_list("state", flat=True))
    assert {State.ACCEPTED, State.NOT_SHOWN, State.DISQUALIFIED} <= states
    return world


def play(world, bob, charlie, on_commit) -> None:
    bobs = new_team(world.competition, bob, "Bob's Builders")
    charlies = new_team(world.competition, charlie, "Charlie's Angels")
    with on_commit(execute=True):
        finding = world.evaluated(bobs, OLD_WOMEN)
        judge.judge_submission(finding.pk)
        for team, group, right in (
            (bobs, CHILDREN, 0.9),
            (charlies, OLD_WOMEN, 0.8),
            (charlies, "AGE < 12", 1.0),
            (bobs, "VISITS > 5", 0.5),
        ):
            mask = world.mask(group)
            sent = world.evaluated(team, mask, world.patch(mask, right=right, seed=3), expression=group)
            judge.judge_submission(sent.pk)
        lost = world.competition.versions.get(number=1).submission
        disqualify.disqualify_submission(lost, "copied", world.competition.organiser)
