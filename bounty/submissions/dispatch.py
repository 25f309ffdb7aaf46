"""Messages that ask workers to evaluate and to judge submissions, sent to the queues on commit.

What the broker loses is found by the sweep: the database is the truth.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bounty.celery_app import ADJUDICATE
from bounty.core import queue as broker
from bounty.models import DryRun, Submission

EVALUATE = "evaluator.evaluate"
CPU, GPU = "evaluate.cpu", "evaluate.gpu"
_ONNX = Q(group_kind=Submission.GroupKind.ONNX) | Q(patch_kind=Submission.PatchKind.ONNX)
_GPU = Q(wants_gpu=True) | _ONNX


def send_for_evaluation(submission: Submission) -> None:
    """Send the submission's evaluation order to its queue once the transaction is committed."""
    Submission.objects.filter(pk=submission.pk).update(queued_at=timezone.now())
    transaction.on_commit(lambda: send_order(build_order(submission), queue_of(submission)), robust=True)


def resend_order(submission: Submission, now: datetime) -> bool:
    """Send a lost order again; False where the submission has moved on since it was read."""
    unmoved = Submission.objects.filter(
        pk=submission.pk,
        state=Submission.State.QUEUED,
        attempt=submission.attempt,
        queued_at=submission.queued_at,
    )
    if not unmoved.update(queued_at=now):
        return False
    transaction.on_commit(lambda: send_order(build_order(submission), queue_of(submission)), robust=True)
    return True


def drop_order(submission: Submission | DryRun) -> None:
    """Tell workers, once the transaction is committed, that the order need not be run any more."""
    key = str(submission.pk)
    transaction.on_commit(lambda: broker.stamp_order(key, 0), robust=True)


def send_for_judging(submission: Submission) -> None:
    """Send the submission's judging task once the present transaction is committed."""
    key = str(submission.pk)
    transaction.on_commit(lambda: broker.send_task("bounty.judge", ADJUDICATE, submission=key), robust=True)


def send_order(message: dict[str, Any], queue: str, priority: int = 0) -> None:
    """Send one evaluation order to a queue, stamped as the current one of its name."""
    broker.stamp_order(message["submission"], message["attempt"])
    broker.send_task(EVALUATE, queue, priority=priority, order=message)


def queue_of(submission: Submission | DryRun) -> str:
    """The name of the evaluation queue: the accelerator's for ONNX models and on request, else the CPU's."""
    onnx = Submission.GroupKind.ONNX in (submission.group_kind, submission.patch_kind)
    return GPU if submission.wants_gpu or onnx else CPU


def submissions_of_queue(queue: str) -> QuerySet[Submission]:
    """All submissions of an evaluation queue, of any competition: `queue_of` as a query."""
    return Submission.objects.filter(_GPU) if queue == GPU else Submission.objects.exclude(_GPU)


def build_order(submission: Submission | DryRun) -> dict[str, Any]:
    """The evaluation order as JSON: paths and digests of features, never of labels, and nothing else."""
    competition = submission.competition
    head_loss = None
    if submission.group_kind == Submission.GroupKind.FIND:
        stored = competition.head().stored_head_loss
        head_loss = stored.to_order_json() if stored.path else None
    return {
        "submission": str(submission.pk),
        "attempt": submission.attempt,
        "purpose": "submission",
        "schema": competition.schema_json,
        "loss": competition.loss_json,
        "layout": competition.layout_json,
        "public": competition.tables.public.to_order_json(),
        "secret": competition.tables.secret.to_order_json(),
        "head_loss": head_loss,
        "group": _group(submission),
        "patch": _patch(submission),
        "limits": {},
        "rule_version": competition.rule_version,
    }


def _group(submission: Submission | DryRun) -> dict[str, Any]:
    if submission.group_kind == Submission.GroupKind.EXPRESSION:
        return {"kind": "expression", "expression": submission.expression}
    return {"kind": submission.group_kind, **submission.stored_files["group"].to_order_json()}


def _patch(submission: Submission | DryRun) -> dict[str, Any] | None:
    kinds = Submission.PatchKind
    if submission.patch_kind == kinds.NONE:
        return None
    if submission.patch_kind == kinds.FIT:
        return {"kind": "fit", "learner": submission.learner}
    if submission.patch_kind == kinds.SAME:
        return {"kind": "same"}
    return {"kind": submission.patch_kind, **submission.stored_files["patch"].to_order_json()}
