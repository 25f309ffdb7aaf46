"""Taking a submission out again: the lists are replayed from stored arrays, and nothing of anybody runs twice.

Later decisions are kept. Repairs are decided anew on practice rows; no certification query is asked and none is
given back. Versions that were certified with the lost node under them say so.
"""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from bounty import artifacts, chain, closing, crediting, heads, leaderboard, publishing
from bounty.models import Competition, Credit, ModelVersion, Submission, Team, TeamVersion
from evaluator.decision_list import Node
from evaluator.decision_list.repairs import Protected, replay
from evaluator.errors import BountyError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

State = Submission.State
# What counted, or told its team something, can be undone.
UNDONE = (State.ACCEPTED, State.CONFIRMED, State.NOT_SHOWN, State.HARMFUL)


class NotUndone(BountyError):
    """Why nothing was rebuilt, written for the moderator."""


def disqualify(submission: Submission, reason: str, by: User, now: datetime | None = None) -> None:
    """End a judged submission for good and rebuild everything that it entered, in one transaction.

    Raises NotUndone where it was never judged, or somebody else was quicker; PlatformFault where an array is gone.
    """
    now = now or timezone.now()
    with transaction.atomic():
        competition = Competition.objects.select_for_update().get(pk=submission.competition_id)
        chain.begin(competition)
        if not submission.move(UNDONE, State.DISQUALIFIED, moderator_reason=reason):
            raise NotUndone(f"{submission} was never judged, or was taken out already.")
        team = Team.objects.get(pk=submission.team_id)
        submission.competition = team.competition = competition
        if competition.versions.filter(generation=competition.generation, submission=submission).exists():
            _rebuild_shared(competition, submission)
        else:
            _credit_again(competition)
        if team.versions.filter(generation=team.generation, submission=submission).exists():
            _rebuild_team(team, submission)
        if competition.final_opened_at is not None:
            closing.score(competition, now)
        leaderboard.refresh(competition, None, now)
        chain.rebuilt(submission, reason, by.get_username())
    log.info("%s was disqualified by %s", submission, by)


def _rebuild_shared(competition: Competition, without: Submission) -> None:
    old = list(
        competition.versions.filter(generation=competition.generation)
        .select_related("submission__team")
        .order_by("number")
    )
    base, lost = old[0], next(v.number for v in old if v.submission_id == without.pk)
    kept = [version for version in old[1:] if version.submission_id != without.pk]
    candidates = replay(
        artifacts.array(base.predictions),
        [heads.step(_submission(version)) for version in kept],
        heads.declared(competition),
        heads.practice(competition),
    )
    competition.generation = _next_generation(competition.versions.all())
    competition.save(update_fields=["generation"])
    new = [_copy_base(base, competition.generation)]
    nodes: tuple[Node, ...] = ()
    protected: list[Protected] = heads.declared(competition)
    for version, candidate in zip(kept, candidates, strict=True):
        nodes += candidate.added
        submission = _submission(version)
        protected.append(Protected(submission.key, heads.mask(submission)))
        note = version.note
        if version.number > lost:
            note = f"{note} Certified before the model was rebuilt without #{without.number}.".strip()
        published = publishing.publish(
            competition,
            submission,
            nodes,
            candidate.predictions,
            protected,
            number=len(new),
            generation=competition.generation,
            note=note,
        )
        _keep_date(published, version)
        crediting.credit(published, new[-1], new[0], final=False)
        new.append(published)
    publishing.refresh_head_loss(new[-1])


def _rebuild_team(team: Team, without: Submission) -> None:
    own = heads.team_list(team)
    entered = [_submission(version) for version in own.versions if isinstance(version, TeamVersion)]
    submissions = [submission for submission in entered if submission.pk != without.pk]
    candidates = replay(
        own.published[0].predictions,
        [heads.step(submission) for submission in submissions],
        heads.declared(team.competition),
        heads.practice(team.competition),
    )
    team.generation = _next_generation(team.versions.all())
    team.save(update_fields=["generation"])
    nodes: tuple[Node, ...] = ()
    for number, (submission, candidate) in enumerate(zip(submissions, candidates, strict=True), start=1):
        nodes += candidate.added
        publishing.publish_team(team, submission, nodes, candidate, number=number, generation=team.generation)


def _credit_again(competition: Competition) -> None:
    """A finding that fell out gave away shares of later fixes: they go back to the fixers."""
    versions = list(
        competition.versions.filter(generation=competition.generation)
        .select_related("submission__team")
        .order_by("number")
    )
    Credit.objects.filter(version__in=versions, final=False).delete()
    for before, version in pairwise(versions):
        crediting.credit(version, before, versions[0], final=False)


def _copy_base(base: ModelVersion, generation: int) -> ModelVersion:
    copy = ModelVersion.objects.create(
        competition=base.competition,
        generation=generation,
        number=0,
        predictions=base.predictions,
        head_loss=base.head_loss,
        practice_loss=base.practice_loss,
        explore_loss=base.explore_loss,
        final_loss=base.final_loss,
        groups=base.groups,
        note=base.note,
    )
    _keep_date(copy, base)
    return copy


def _keep_date(new: ModelVersion, old: ModelVersion) -> None:
    """The history says when a patch was accepted, not when the list was last replayed."""
    ModelVersion.objects.filter(pk=new.pk).update(created_at=old.created_at)
    new.created_at = old.created_at


def _next_generation(versions: QuerySet[Any]) -> int:
    return int(versions.aggregate(last=Max("generation"))["last"] or 0) + 1


def _submission(version: ModelVersion | TeamVersion) -> Submission:
    assert version.submission is not None  # noqa: S101 - every version but the base has one
    return version.submission
