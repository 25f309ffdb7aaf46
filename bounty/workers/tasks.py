"""Celery tasks of the site's workers. Messages may come twice, late, or in another order: none of that matters."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bounty.adjudication import finding_query, query_order
from bounty.celery_app import MAKING
from bounty.competitions import create
from bounty.core import artifacts, queue
from bounty.dry_runs import results as dry_runs
from bounty.hash_chain.log import record_charge, start_chain
from bounty.ledger import blocks
from bounty.models import Competition, Outcome, Submission
from bounty.models.stored_files import StoredFile
from bounty.notifications import events
from bounty.organisers import create_from_draft
from bounty.submissions import dispatch, evaluation_report, leases, practice_failures
from bounty.submissions.leases import judge_released
from bounty.workers import sweep
from evaluator.errors import ErrorClass, PlatformFault
from evaluator.worker.messages import Report

__all__ = [
    "base_evaluated",
    "evaluation_done",
    "evaluation_heartbeat",
    "evaluation_started",
    "judge_released",
    "judge_submission",
    "make_competition",
    "run_sweep",
]

log = logging.getLogger(__name__)


@shared_task(name="bounty.evaluation_started")
def evaluation_started(submission: str, attempt: int, worker: str = "") -> None:
    """Renew the lease of an evaluation that a worker began."""
    _renew_lease(submission, attempt, "started")


@shared_task(name="bounty.evaluation_heartbeat")
def evaluation_heartbeat(submission: str, attempt: int, stage: str = "") -> None:
    """Renew the lease of an evaluation, with the stage that it is in."""
    _renew_lease(submission, attempt, stage)


def _renew_lease(submission: str, attempt: int, stage: str) -> None:
    if row := _find_submission(submission):
        leases.renew_lease(row, attempt, stage, timezone.now())
    else:
        dry_runs.renew_lease(submission, attempt, stage, timezone.now())


@shared_task(name="bounty.evaluation_done")
def evaluation_done(**message: Any) -> None:
    """Store an evaluation report once a (submission, attempt): a stale or repeated one changes nothing."""
    try:
        report = Report.from_json(message)
    except (TypeError, ValueError):
        # Whoever forged or garbled this gains nothing; the lease runs out and the work is done again.
        log.exception("a report that makes no sense was dropped")
        return
    if report.purpose == "base":
        # Making the competition of it takes a while: it goes on where no verdict waits.
        if not queue.send_task("bounty.base_evaluated", MAKING, **message):
            create.take_base_report(report)
    elif report.purpose == "dry_run":
        dry_runs.store_report(report)
    elif row := _find_submission(report.submission):
        _take_report(row, report)
    else:
        # Practice after the close runs as a submission does.
        dry_runs.store_report(report)


def _take_report(submission: Submission, report: Report) -> None:
    now = timezone.now()
    if report.status == "fault":
        leases.record_fault(submission, report.attempt, report.detail or "the evaluation failed", now)
        return
    try:
        with transaction.atomic():
            store = _store_outcome if report.status == "ok" else _store_failure
            if store(submission, report):
                dispatch.drop_order(submission)
    except PlatformFault as error:
        leases.record_fault(submission, report.attempt, str(error), now)
        return
    practice_failures.send_waiting(submission.competition, now, submission.author)


def _store_outcome(submission: Submission, report: Report) -> bool:
    """Store the arrays of a submission that ran; False where it moved on."""
    evaluation_report.check_report_names(submission, report)
    fields: dict[str, Any] = {"notices": list(report.notices)}
    if submission.group_kind == Submission.GroupKind.FIND:
        found = evaluation_report.parse_found_expression(submission, report)
        fields |= {"expression": report.expression, "words": found.words()}
    finished = leases.finish_evaluation(submission, report.attempt, timezone.now(), **fields)
    if finished:
        Outcome.objects.create(
            submission=submission,
            attempt=report.attempt,
            arrays={
                name: artifacts.file_over_present_rows(
                    submission.competition, StoredFile.from_json(stored)
                ).to_json()
                for name, stored in report.arrays.items()
            },
            files={name: dict(stored) for name, stored in report.files.items()},
        )
    return finished


def _store_failure(submission: Submission, report: Report) -> bool:
    """Store why a submission could not be run; False where it moved on."""
    evaluation_report.check_failure_is_told(submission.competition, report)
    # The competition before the submission, as everywhere: two orders of locking would wait for each other.
    competition = Competition.objects.select_for_update().get(pk=submission.competition_id)
    moved = submission.move(
        (Submission.State.QUEUED, Submission.State.EVALUATING),
        Submission.State.FAILED,
        Q(attempt=report.attempt),
        error_class=ErrorClass.NO_RESULT if report.on_secret else report.status,
        error_detail=evaluation_report.failure_detail(report),
        failed_on_secret_rows=report.on_secret,
        failed_on_practice_rows=report.on_practice,
        # What failed on public rows costs nothing; how much may be sent at all has a limit of its own.
        quota_returned=not (report.on_secret or report.on_practice),
        notices=list(report.notices),
        decided_at=timezone.now(),
        lease_until=None,
        stage="",
    )
    if moved:
        events.notify_failed(submission)
    if moved and report.on_secret:
        start_chain(competition)
        blocks.charge_failure(competition, timezone.now())
        record_charge(submission)
    return moved


@shared_task(name="bounty.judge")
def judge_submission(submission: str) -> None:
    """Judge a submission; a platform fault is retried, and the submission pays nothing for it."""
    row = _find_submission(submission)
    if row is None:
        return
    try:
        if not finding_query.ask_waiting(row.pk):
            query_order.judge_in_order(row.pk)
    except PlatformFault as error:
        leases.record_fault(row, row.attempt, str(error), timezone.now())
    except Exception:
        # Whatever it is, the next submission must not wait behind it; the traceback is for the operator.
        log.exception("submission %s could not be judged", row.pk)
        leases.record_fault(row, row.attempt, "the verdict failed", timezone.now())


@shared_task(name="bounty.base_evaluated")
def base_evaluated(**message: Any) -> None:
    """Finish making a competition whose uploaded base model was evaluated."""
    create.take_base_report(Report.from_json(message))


@shared_task(name="bounty.make_competition")
def make_competition(draft: str) -> None:
    """Make the competition of an organiser's draft."""
    create_from_draft.make_competition(draft)


@shared_task(name="bounty.sweep")
def run_sweep() -> None:
    """Run the periodic sweep."""
    sweep.run_sweep(timezone.now())


def _find_submission(submission: str) -> Submission | None:
    try:
        return Submission.objects.select_related("competition").filter(pk=UUID(submission)).first()
    except (ValueError, TypeError, AttributeError):
        log.warning("a message names no submission: %.80r", submission)
        return None
