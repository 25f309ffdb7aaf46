"""Messages that ask workers to evaluate and to judge submissions, sent to the queues on commit.

What the broker loses is found by the sweep: the database is the truth.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from bounty.celery_app import ADJUDICATE
from bounty.core import queue as broker
from bounty.models import DryRun, Submission

EVALUATE = "evaluator.evaluate"
CPU, GPU = "evaluate.cpu", "evaluate.gpu"
# The fields that queue_of reads.
QUEUE_FIELDS = ("group_kind", "patch_kind", "wants_gpu")


def send_for_evaluation(submission: Submission) -> None:
    """Send the submission's evaluation order to its queue once the transaction is committed."""
    Submission.objects.filter(pk=submission.pk).update(queued_at=timezone.now())
    transaction.on_commit(lambda: send_order(build_order(submission), queue_of(submission)), robust=True)


def send_for_judging(submission: Submission) -> None:
    """Send the submission's judging task once the present transaction is committed."""
    key = str(submission.pk)
    transaction.on_commit(lambda: broker.send_task("bounty.judge", ADJUDICATE, submission=key), robust=True)


def send_order(message: dict[str, Any], queue: str) -> None:
    """Send one evaluation order to a queue."""
    broker.send_task(EVALUATE, queue, order=message)


def queue_of(submission: Submission | DryRun) -> str:
    """The name of the evaluation queue: the accelerator's for ONNX models and on request, else the CPU's."""
    onnx = Submission.GroupKind.ONNX in (submission.group_kind, submission.patch_kind)
    return GPU if submission.wants_gpu or onnx else CPU


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
