"""The sweep's part for dry runs: lost workers, lost messages, and deletion after a day."""

from __future__ import annotations

import shutil
from collections import defaultdict
from datetime import datetime, timedelta

from bounty.core import artifacts
from bounty.dry_runs import results, start
from bounty.models import DryRun
from bounty.submissions import dispatch, lost_orders
from evaluator import artifacts as paths

State = DryRun.State
DRY_RUN_LIFETIME = timedelta(days=1)
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
    queued = DryRun.objects.filter(state=State.QUEUED, queued_at__lt=now - lost_orders.TOLD_WITHIN)
    waiting: dict[str, list[DryRun]] = defaultdict(list)
    for run in queued.select_related("competition"):
        if run.created_at < now - WAITS_AT_MOST:
            if run.move(run.attempt, State.ERROR, ended_at=now):
                dispatch.drop_order(run)
        else:
            waiting[dispatch.queue_of(run)].append(run)
    for queue, runs in waiting.items():
        empty_at = lost_orders.last_seen_empty(queue, now, start.LOWEST_PRIORITY)
        for run in runs:
            if lost_orders.is_lost(run.queued_at, empty_at) and run.move(
                run.attempt, State.QUEUED, queued_at=now
            ):
                start.send_dry_run(run)


def delete_dry_run(run: DryRun) -> None:
    """Delete a dry run with its files. Those of a failed submission that it reproduced stay with the submission."""
    store, key = artifacts.artifact_store(), str(run.pk)
    for path in (paths.upload(key, "group", ".py"), paths.outcome(key, 1, "mask.npy")):
        folder = store.local_path(path).parent
        shutil.rmtree(folder if folder.name == key else folder.parent, ignore_errors=True)
    run.delete()
