"""Disqualification of a submission: the lists are replayed from stored arrays, and no submitted code runs.

Later decisions are kept. Repairs are decided anew on practice rows; no certification query is asked and none is
given back. Versions that were certified with the lost node under them say so.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from bounty.adjudication import close, replay
from bounty.core.errors import Refusal
from bounty.hash_chain.log import record_disqualification, start_chain
from bounty.models import Competition, Submission, Team
from bounty.scoring import leaderboard
from bounty.shared_model import publish

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

State = Submission.State


def disqualify_submission(submission: Submission, reason: str, by: User, now: datetime | None = None) -> None:
    """Disqualify a judged submission and rebuild every list that it entered, in one transaction.

    Raises Refusal where it was never judged, or somebody else was quicker; PlatformFault where an array is gone.
    """
    now = now or timezone.now()
    with transaction.atomic():
        competition = Competition.objects.select_for_update().get(pk=submission.competition_id)
        start_chain(competition)
        if not submission.move(Submission.JUDGED, State.DISQUALIFIED, moderator_reason=reason):
            raise Refusal(f"{submission} was never judged, or was taken out already.")
        team = Team.objects.get(pk=submission.team_id)
        submission.competition = team.competition = competition
        if competition.versions.current().filter(submission=submission).exists():
            _rebuild_shared(competition, submission)
        else:
            replay.recompute_credits(competition)
        if team.versions.current().filter(submission=submission).exists():
            _rebuild_team(team, submission)
        if competition.final_opened_at is not None:
            close.score_final_rows(competition, now)
        leaderboard.refresh_board(competition, None, now)
        record_disqualification(submission, reason, by.get_username())
    log.info("%s was disqualified by %s", submission, by)


def _rebuild_shared(competition: Competition, without: Submission) -> None:
    base, *old = replay.current_versions(competition)
    lost = next(version.number for version in old if version.submission_id == without.pk)
    note = f"Certified before the model was rebuilt without #{without.number}."
    kept = [version for version in old if version.number != lost]
    notes = {replay.submission_of(each).pk: note for each in kept if each.number > lost}
    new = replay.replay_shared_model(competition, base, kept, notes)
    publish.refresh_head_loss(new[-1])


def _rebuild_team(team: Team, without: Submission) -> None:
    own = team.versions.current().select_related("submission").order_by("number")
    replay.replay_team_model(team, list(own), without=without)
