"""Judging a finding: its verdict and all that follows from it."""

from __future__ import annotations

from datetime import datetime

from bounty.adjudication import embargo
from bounty.adjudication.verdict_rows import finish_verdict, write_verdict
from bounty.core import artifacts
from bounty.models import Submission, Verdict
from bounty.scoring import credits
from bounty.shared_model import arrays
from bounty.shared_model.group_wording import describe_place
from evaluator.adjudication.rule_2026_11.acceptance import FindingCase
from evaluator.adjudication.rule_2026_11.acceptance import judge_finding as judge_by_rule_2026_11

State = Submission.State


def judge_finding(submission: Submission, now: datetime) -> None:
    """Judge a locked finding and write its verdict, in the caller's transaction."""
    competition = submission.competition
    shared = arrays.load_shared_list(competition)
    counted = credits.counted_findings(competition)
    earlier = Verdict.objects.filter(
        submission__team=submission.team, submission__patch_kind=Submission.PatchKind.NONE
    ).exclude(submission=submission)
    decision = judge_by_rule_2026_11(
        FindingCase(
            mask=arrays.load_mask(submission),
            head=shared.head,
            practice=arrays.load_practice(competition),
            unit=artifacts.read_units(competition, "practice"),
            team_p_values=[found.p_value for v in earlier if (found := v.finding_feedback)],
            earlier=[finding.mask for finding in counted],
            team_counted=sum(finding.team_id == submission.team_id for finding in counted),
            place=describe_place(submission),
        )
    )
    verdict = write_verdict(
        submission, shared, practice=decision.practice.to_json(), sentence=decision.sentence
    )
    if decision.state == State.CONFIRMED:
        embargo.set_first_embargo(submission, now)
    finish_verdict(submission, decision.state, verdict, now)
