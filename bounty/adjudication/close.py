"""Closing a competition: the final rows are opened once, and points are fixed on them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from bounty.adjudication import confirm, judge
from bounty.core import artifacts
from bounty.hash_chain.log import record_close, start_chain
from bounty.ledger import blocks, bounds
from bounty.models import BoardRow, CertificationBlock, Competition, Credit, ModelVersion, Submission
from bounty.scoring import credits, leaderboard
from bounty.shared_model import arrays

log = logging.getLogger(__name__)

# What was sent in time is still judged, but a stuck or held submission cannot keep a competition open for longer.
CLOSE_GRACE = timedelta(hours=1)


def may_close(competition: Competition, now: datetime) -> bool:
    """Whether no submission that was sent in time is still running, or CLOSE_GRACE is over."""
    running = competition.submissions.filter(state__in=Submission.RUNNING).exists()
    overdue = competition.closes_at is not None and now >= competition.closes_at + CLOSE_GRACE
    return overdue or not running


def close_competition(competition: Competition, now: datetime) -> bool:
    """Close a competition: findings confirmed, final losses, final points with intervals, final board; False where it
    is closed.

    One transaction: labels of the final split are read here for the first time, and only once.
    """
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        if locked.is_closed:
            return False
        start_chain(locked)
        locked.status, locked.final_opened_at = Competition.Status.CLOSED, now
        locked.save(update_fields=["status", "final_opened_at"])
        for submission in locked.submissions.filter(state__in=Submission.RUNNING).select_related("team"):
            submission.competition = locked
            judge.close_undecided(submission, now)
        for block in locked.blocks.exclude(state=CertificationBlock.State.RETIRED):
            blocks.retire_block(block, now)
        bounds.publish_bounds(locked)
        tested = confirm.confirm_on_final_rows(locked, now)
        score_final_rows(locked, now)
        record_close(locked, tested)
    competition.refresh_from_db()
    log.info("%s is closed", competition)
    return True


def score_final_rows(competition: Competition, now: datetime) -> None:
    """Write final losses and points of the current generation, and the board.

    The caller holds the competition's lock.
    """
    versions = list(competition.versions.current().select_related("submission__team").order_by("number"))
    for version in versions:
        version.final_loss = arrays.mean_loss(
            competition, artifacts.read_over_present_rows(competition, version.stored_predictions), "final"
        )
    ModelVersion.objects.bulk_update(versions, ["final_loss"])
    Credit.objects.filter(version__in=versions, final=True).delete()
    credits.credit_versions(competition, versions, final=True)
    leaderboard.refresh_board(competition, None, now)
    for team, (low, high) in credits.points_intervals(competition, versions, final=True).items():
        BoardRow.objects.filter(team_id=team).update(points_low=low, points_high=high)
