"""Verdicts as adjudication stores them, without judging anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bounty.models import Submission, Team, Verdict
from evaluator.adjudication.feedback import PracticeFeedback
from evaluator.adjudication.rule_2026_11.findings import FindingFeedback
from tests.world import World

PATCH = {
    "reason": "practice", "rows": 60, "weight": 0.075, "loss_before": 0.7, "loss_after": 0.2, "loss_alone": 0.2,
    "wins_alone": 33, "losses_alone": 3, "overall_before": 0.25, "overall_after": 0.2125, "wins": 33, "losses": 3,
    "p_value": 0.0123, "chance": 0.625, "changed_needed": 40, "wins_needed": 36,
}  # fmt: skip
FINDING = {
    "rows": 60, "weight": 0.075, "loss_inside": 0.7, "loss_outside": 0.2, "p_value": 0.0123, "p_adjusted": 0.0246,
    "largest_overlap": 0.0, "counts": True,
}  # fmt: skip


@pytest.fixture
def judged(world: World, bobs: Team) -> Callable[..., Verdict]:
    """`judged(reason="harm", groups=...)`: the verdict on a patch of Bob's; `state` is the submission's."""

    def store(state: str = Submission.State.NOT_SHOWN, **changes: Any) -> Verdict:
        submission = world.submission(bobs, state=state)
        practice = PracticeFeedback(**PATCH | changes).to_json()
        return Verdict.objects.create(submission=submission, practice=practice, sentence="Judged.")

    return store


@pytest.fixture
def judged_finding(world: World, bobs: Team) -> Callable[..., Verdict]:
    """The same of a finding of Bob's."""

    def store(state: str = Submission.State.NOT_SHOWN, **changes: Any) -> Verdict:
        submission = world.submission(bobs, state=state, patch_kind="none")
        practice = FindingFeedback(**FINDING | changes).to_json()
        return Verdict.objects.create(submission=submission, practice=practice, sentence="Judged.")

    return store
