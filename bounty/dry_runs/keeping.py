"""What the sweep does for dry runs: lost workers, lost messages, and forgetting after a day."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from bounty import artifacts, dispatch
from bounty.dry_runs import results, starting
from bounty.models import DryRun
from evaluator import artifacts as paths

State = DryRun.State
KEPT = timedelta(days=1)
RESEND_AFTER = timedelta(minutes=2)
# No worker took it for so long: there is none, or submissions leave no room.
WAITS_AT_MOST = timedelta(hours=1)


def look_after(now: datetime) -> None:
    """For the sweep."""
    for run in DryRun.objects.filter(state=State.RUNNING, lease_until__lt=now).select_related("competition"):
        results.fault(run, "no worker renews its lease")
    waiting = DryRun.objects.filter(state=State.QUEUED, queued_at__lt=now - RESEND_AFTER)
    for run in waiting.select_related("competition"):
        if run.created_at < now - WAITS_AT_MOST:
            run.move(run.attempt, State.ERROR, ended_at=now)
        elif dispatch.waiting(dispatch.queue_of(run)) == 0:
            # A message that was lost; one that came twice would do no harm.
            starting.send(run)
            DryRun.objects.filter(pk=run.pk).update(queued_at=now)
    for run in DryRun.objects.filter(created_at__lt=now - KEPT):
        forget(run)


def forget(run: DryRun) -> None:
    """Delete a dry run with its files. Those of a failed submission that it reproduced stay with the submission."""
    store, key = artifacts.store(), str(run.pk)
    for path in (paths.upload(key, "group", ".py"), paths.outcome(key, 1, "mask.npy")):
        folder = store.local_path(path).parent
        shutil.rmtree(folder if folder.name == key else folder.parent, ignore_errors=True)
    run.delete()
