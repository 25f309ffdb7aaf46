"""Rollback of the shared model to an earlier version.

What it means, and no more: a new generation holds versions 0 to N as they are, with their arrays, dates and queries;
points are counted for them alone. Patches accepted after version N become `not_shown`, with a sentence that says that
the organiser rolled the model back, and why; their teams may ask again, which costs a query as always. No query is
given back and no block reopened: what was published from certification rows stays published. Findings, teams' own
models and all other verdicts keep their state. A closed competition stays as it is: its final points are known.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bounty.adjudication import replay
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.hash_chain.log import record_rollback, start_chain
from bounty.models import Competition, ModelVersion, Submission, Verdict
from bounty.models.versions import next_generation
from bounty.permissions import rules
from bounty.scoring import credits, leaderboard
from bounty.shared_model import publish

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

State = Submission.State


def roll_back_model(
    competition: Competition, number: int, reason: str, by: User, now: datetime | None = None
) -> ModelVersion:
    """End the shared model at version `number` of its current generation, in one transaction; returns the head.

    Raises PermissionDenied for whoever does not organise it, Refusal without a reason, for a version that is
    none or the newest already, and after the close.
    """
    if not rules.is_organiser(by, competition):
        raise PermissionDenied("Only organisers roll the model back.")
    if not (reason := reason.strip()):
        raise Refusal("Say why: the teams and the model's history name it.")
    now = now or timezone.now()
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        versions = _versions_to_keep(locked, number)
        start_chain(locked)
        withdrawn = [replay.submission_of(version) for version in versions[number + 1 :]]
        for submission in withdrawn:
            _withdraw_acceptance(submission, number, reason, by)
        before, head = locked.generation, _copy_versions(locked, versions[: number + 1], withdrawn)
        publish.refresh_head_loss(head)
        leaderboard.refresh_board(locked, None, now)
        record_rollback(locked, number, withdrawn, reason, by.get_username())
        audit.record_change(locked, by, {"generation": [str(before), str(locked.generation)]}, reason)
    competition.generation = locked.generation
    log.info("%s was rolled back to version %s by %s", competition, number, by)
    return head


def _versions_to_keep(competition: Competition, number: int) -> list[ModelVersion]:
    """The current list, oldest first; raises Refusal where it cannot end at that version."""
    if competition.is_closed:
        raise Refusal("The competition is closed and its final points are known; its model stays.")
    versions = list(competition.versions.current().select_related("submission__team").order_by("number"))
    if not 0 <= number < len(versions):
        raise Refusal(f"The model has no version {number}.")
    if number == len(versions) - 1:
        raise Refusal(f"Version {number} is the newest one already.")
    return versions


def _withdraw_acceptance(submission: Submission, number: int, reason: str, by: User) -> None:
    if not submission.move(State.ACCEPTED, State.NOT_SHOWN, moderator_reason=reason):
        raise Refusal(f"{submission} moved on meanwhile; look again.")
    rolled = f"the organiser rolled the model back to version {number}, from before this patch"
    sentence = f"Not shown yet: {rolled}: {reason}"
    Verdict.objects.filter(submission=submission).update(sentence=sentence)
    audit.record_change(submission, by, {"state": [State.ACCEPTED, State.NOT_SHOWN]}, reason)


def _copy_versions(
    competition: Competition, versions: list[ModelVersion], withdrawn: list[Submission]
) -> ModelVersion:
    """The new head, after the versions were written as a new generation, which becomes the current one.

    Arrays are named again, not written again.
    """
    competition.generation = next_generation(competition.versions.all())
    competition.save(update_fields=["generation"])
    lost = ", ".join(f"#{submission.number}" for submission in withdrawn)
    new = ModelVersion.objects.bulk_create(
        ModelVersion(
            competition=competition,
            submission=version.submission,
            generation=competition.generation,
            number=version.number,
            nodes_json=version.nodes_json,
            predictions=version.predictions,
            head_loss=version.head_loss,
            practice_loss=version.practice_loss,
            explore_loss=version.explore_loss,
            groups=version.groups,
            note=version.note,
        )
        for version in versions
    )
    replay.copy_dates(new, versions)
    credits.credit_versions(competition, new, final=False)
    head = new[-1]
    head.note = f"{head.note} The model was rolled back to this version, without {lost}.".strip()
    head.save(update_fields=["note"])
    return head
