"""The sweep's part for dry runs: lost workers, lost messages, and deletion after a day."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from bounty.core import artifacts
from bounty.core import queue as broker
from bounty.dry_runs import results, start
from bounty.models import DryRun, Submission
from bounty.submissions import dispatch
from evaluator import artifacts as paths

State = DryRun.State
DRY_RUN_LIFETIME = timedelta(days=1)
RESEND_AFTER = timedelta(minutes=2)
# No worker took it for so long: there is none, or submissions leave no room.
WAITS_AT_MOST = timedelta(hours=1)


def clean_up_dry_runs(now: datetime) -> None:
    """Retry dry runs of lost workers, send lost orders again, and delete old ones; part of the sweep."""
    for run in DryRun.objects.filter(state=State.RUNNING, lease_until__lt=now).select_related("competition"):
        results.record_fault(run, "no worker renews its lease")
    resend_lost_dry_runs(now)
    for run in DryRun.objects.filter(created_at__lt=now - DRY_RUN_LIFETIME):
        delete_dry_run(run)


def resend_lost_dry_runs(now: datetime) -> None:
    """Send orders again that the broker lost, and end dry runs that no worker took for WAITS_AT_MOST."""
    by_queue: dict[str, list[DryRun]] = defaultdict(list)
    queued = DryRun.objects.filter(state=State.QUEUED, queued_at__lt=now - RESEND_AFTER)
    for run in queued.select_related("competition"):
        if run.created_at < now - WAITS_AT_MOST:
            run.move(run.attempt, State.ERROR, ended_at=now)
        else:
            by_queue[dispatch.queue_of(run)].append(run)
    if not by_queue:
        return
    submissions = Submission.objects.filter(state=Submission.State.QUEUED)
    others = Counter(map(dispatch.queue_of, submissions.only(*dispatch.QUEUE_FIELDS)))
    for queue, runs in by_queue.items():
        if broker.has_lost_messages(queue, len(runs), others[queue]):
            for run in runs:
                start.send_dry_run(run)
            DryRun.objects.filter(pk__in=[run.pk for run in runs]).update(queued_at=now)


def count_waiting() -> Counter[str]:
    """The number of dry runs that wait for a worker, by queue."""
    queued = DryRun.objects.filter(state=State.QUEUED)
    return Counter(map(dispatch.queue_of, queued.only(*dispatch.QUEUE_FIELDS)))


def delete_dry_run(run: DryRun) -> None:
    """Delete a dry run with its files. Those of a failed submission that it reproduced stay with the submission."""
    store, key = artifacts.artifact_store(), str(run.pk)
    for path in (paths.upload(key, "group", ".py"), paths.outcome(key, 1, "mask.npy")):
        folder = store.local_path(path).parent
        shutil.rmtree(folder if folder.name == key else folder.parent, ignore_errors=True)
    run.delete()
