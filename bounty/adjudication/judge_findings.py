"""Judging a finding: its verdict and all that follows from it."""

from __future__ import annotations

from datetime import datetime

from bounty.adjudication import embargo
from bounty.adjudication.finding_decision import JudgedFinding, decide_finding
from bounty.adjudication.verdict_rows import finish_verdict, write_verdict
from bounty.models import Submission, Verdict
from bounty.scoring import credits
from bounty.shared_model import arrays
from bounty.shared_model.group_wording import describe_place


def judge_finding(submission: Submission, now: datetime) -> None:
    """Judge a locked finding and write its verdict, in the caller's transaction."""
    competition = submission.competition
    shared = arrays.load_shared_list(competition)
    told = Verdict.objects.filter(
        submission__team=submission.team, submission__patch_kind=Submission.PatchKind.NONE
    )
    measured = {each.submission_id: found for each in told if (found := each.finding_feedback)}
    decision = decide_finding(
        competition,
        JudgedFinding(
            submission=submission.pk,
            team=submission.team_id,
            mask=arrays.load_mask(submission),
            head=shared.head,
            generation=shared.newest.generation,
            version=shared.newest.number,
            counted=[(each.team_id, each.mask) for each in credits.counted_findings(competition)],
            p_values=[found.p_value for key, found in measured.items() if key != submission.pk],
            place=describe_place(submission),
            # Judged again against another version it is one more test, or repeating would make any level hold.
            number=1 + max((found.number or 0 for found in measured.values()), default=0),
        ),
    )
    verdict = write_verdict(
        submission, shared, practice=decision.practice.to_json(), sentence=decision.sentence
    )
    if decision.state in Submission.SHOWN_FINDINGS:
        embargo.set_first_embargo(submission, now)
    finish_verdict(submission, decision.state, verdict, now)
