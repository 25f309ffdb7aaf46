"""The steps of the workers, done by the test itself."""

from __future__ import annotations

from django.utils import timezone

from bounty.core import artifacts
from bounty.models import Submission
from bounty.submissions import dispatch, leases
from bounty.workers import tasks
from evaluator.sandbox import Sandbox
from evaluator.worker.evaluate import run_order
from evaluator.worker.messages import Order


def evaluate_and_judge(submission: Submission, sandbox: Sandbox) -> Submission:
    """What the workers do, one after the other."""
    order = Order.from_json(dispatch.build_order(submission))
    leases.renew_lease(submission, submission.attempt, "", timezone.now())
    report = run_order(order, artifacts.artifact_store(), sandbox)
    tasks.evaluation_done(**report.to_json())
    tasks.judge_submission(str(submission.pk))
    return Submission.objects.get(pk=submission.pk)
