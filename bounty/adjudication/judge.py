"""Judging a submission: the verdict, the query and all that follows from them, in one transaction.

Arrays are read by digest, and evaluator.adjudication decides. Serial per competition, and quick: no submitted code runs
here, and what was read once stays in memory.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from bounty.adjudication import judge_findings
from bounty.adjudication.patch_decision import (
    Decision,
    QueryResult,
    decide_patch,
    extend_team,
    record_query,
)
from bounty.adjudication.verdict_rows import finish_verdict, write_verdict
from bounty.hash_chain import log as chain_log
from bounty.ledger import blocks
from bounty.models import (
    CertificationBlock,
    Competition,
    ModelVersion,
    Submission,
    Verdict,
)
from bounty.notifications import events
from bounty.scoring import credits, leaderboard
from bounty.shared_model import arrays, publish
from bounty.submissions import dispatch, evaluation_report
from evaluator.decision_list.repairs import Protected, Step

log = logging.getLogger(__name__)

State = Submission.State
CLOSED_UNDECIDED = "Not shown yet: the competition closed before this could be judged."


def judge_submission(submission_id: UUID, now: datetime | None = None) -> bool:
    """Judge one evaluated submission and write its verdict; False where there is nothing (more) to decide.

    Delivered twice, or to two workers at once, it decides once: whoever comes second finds the state moved on.

    Raises
    ------
    evaluator.errors.PlatformFault
        An array is missing or not as stored; nothing was written.
    """
    now = now or timezone.now()
    load_new_arrays(submission_id)
    with transaction.atomic():
        submission = lock_for_verdict(submission_id)
        if submission is None:
            return False
        chain_log.start_chain(submission.competition)
        if submission.competition.is_closed:
            close_undecided(submission, now)
        elif submission.is_finding:
            judge_findings.judge_finding(submission, now)
        else:
            _judge_patch(submission, now)
    return True


def load_new_arrays(submission_id: UUID) -> None:
    """Read and check the new arrays before the lock, so that nobody waits for a disk; the others are in memory."""
    waiting = Submission.objects.filter(pk=submission_id, state=State.JUDGING)
    submission = waiting.select_related("competition").first()
    if submission is not None:
        evaluation_report.check_arrays(
            submission.competition, arrays.newest_outcome(submission).stored_arrays
        )


def lock_for_verdict(submission_id: UUID) -> Submission | None:
    """The locked submission where it waits for its verdict, else None.

    The competition is locked first, here as everywhere.
    """
    found = Submission.objects.filter(pk=submission_id).values_list("competition_id", flat=True).first()
    if found is None:
        return None
    competition = Competition.objects.select_for_update().get(pk=found)
    waiting = Submission.objects.select_for_update(of=("self",)).filter(pk=submission_id, state=State.JUDGING)
    submission = waiting.select_related("team", "author").first()
    if submission is not None:
        # One object, so that what is changed on it is seen by all that follows.
        submission.competition = submission.team.competition = competition
    return submission


def close_undecided(submission: Submission, now: datetime) -> None:
    """End a running submission of a closed competition as not shown; it is not judged any more."""
    if submission.move(Submission.RUNNING, State.NOT_SHOWN, decided_at=now, lease_until=None, stage=""):
        Verdict.objects.update_or_create(submission=submission, defaults={"sentence": CLOSED_UNDECIDED})
        leaderboard.refresh_board(submission.competition, [submission.team_id], now)
        chain_log.record_undecided(submission)
        dispatch.drop_order(submission)
        events.notify_verdict(submission, CLOSED_UNDECIDED)


# --- patches -----------------------------------------------------------------------------------------------------
def _judge_patch(submission: Submission, now: datetime) -> None:
    competition = submission.competition
    shared = arrays.load_shared_list(competition)
    step = arrays.load_step(submission)
    decision = decide_patch(submission, shared, step)
    verdict = write_verdict(
        submission,
        shared,
        practice=decision.practice.to_json(),
        sentence=decision.sentence,
        passed_gate=decision.passed_gate,
        queried=decision.query is not None,
        team_version=extend_team(submission, step),
    )
    if decision.query is not None:
        _record_query(submission, decision.query, now)
    if decision.state == State.ACCEPTED:
        _publish_version(submission, shared, step, decision)
    finish_verdict(submission, decision.state, verdict, now)


def _record_query(submission: Submission, query: QueryResult, now: datetime) -> None:
    competition = submission.competition
    block = competition.open_block()
    assert isinstance(block, CertificationBlock)  # noqa: S101 - it was asked under the same lock
    bits = record_query(submission, block, query)
    blocks.charge_block(competition, now, queries=1, accepted=int(query.passed), bits=bits)


def _publish_version(
    submission: Submission, shared: arrays.CurrentList, step: Step, decision: Decision
) -> None:
    competition, candidate = submission.competition, decision.candidate
    version = publish.publish_version(
        competition,
        submission,
        (*shared.newest.nodes, *candidate.added),
        candidate.predictions,
        (*shared.protected, Protected(step.key, step.mask)),
        number=shared.newest.number + 1,
        generation=competition.generation,
    )
    before, base = shared.versions[-1], shared.versions[0]
    assert isinstance(before, ModelVersion) and isinstance(base, ModelVersion)  # noqa: S101 - the shared list
    credits.credit_version(version, before, base, final=False)
    publish.refresh_head_loss(version)
