"""API of moderators' decisions: held submissions, release, refuse, disqualify, exclude."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas import submissions as schemas
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.models import Ban, Submission
from bounty.moderation import decisions
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import moderated_or_404, submission_or_404

router = Router(tags=["Moderation"])


class HeldOut(schemas.ListedOut):
    hold_reason: str
    held_at: datetime | None


class ReasonIn(Strict):
    reason: str = Field(pattern=r"\S", max_length=2000, description="Whom it is about reads it.")


class BanIn(ReasonIn):
    username: str = Field(max_length=150)


class BanOut(Schema):
    username: str
    reason: str
    created_at: datetime


@router.get(f"{INSIDE}/moderation", operation_id="listHeld", **read_options(Part[HeldOut], 403, 404, 422))
def list_held(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """What is held for a moderator, the latest first."""
    competition = moderated_or_404(request, slug)
    held = Submission.objects.filter(competition=competition).awaiting_moderation()
    part, after = pagination.paginate_rows(
        held.select_related("team", "author", "verdict"), page, f"held:{competition.pk}", "number"
    )
    for submission in part:
        submission.competition = competition
    items = [
        {
            **schemas.submission_fields(submission),
            "hold_reason": submission.hold_reason,
            "held_at": submission.held_at,
        }
        for submission in part
    ]
    return {"items": items, "next": after}


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/release",
    operation_id="release",
    **write_options(schemas.SubmissionOut, 404, 409, scope=Scope.MODERATE),
)
def release(request: ApiRequest, slug: str, key: UUID) -> schemas.SubmissionOut:
    """Let a held submission be judged."""
    submission = _submission_or_404(request, slug, key)
    decisions.release_submission(submission, request.user)
    return schemas.submission_out(submission)


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/refuse",
    operation_id="refuse",
    **write_options(schemas.SubmissionOut, 404, 409, scope=Scope.MODERATE),
)
def refuse(request: ApiRequest, slug: str, key: UUID, body: ReasonIn) -> schemas.SubmissionOut:
    """End a held submission with a reason that its team reads."""
    submission = _submission_or_404(request, slug, key)
    decisions.refuse_submission(submission, body.reason, request.user)
    return schemas.submission_out(submission)


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/disqualify",
    operation_id="disqualify",
    **write_options(schemas.SubmissionOut, 404, 409, 503, scope=Scope.MODERATE),
)
def disqualify(request: ApiRequest, slug: str, key: UUID, body: ReasonIn) -> schemas.SubmissionOut:
    """Take a judged submission out and rebuild every model that it entered without it."""
    submission = _submission_or_404(request, slug, key)
    decisions.disqualify_submission(submission, body.reason, request.user)
    submission.refresh_from_db()
    return schemas.submission_out(submission)


@router.get(f"{INSIDE}/bans", operation_id="listBans", **read_options(Part[BanOut], 403, 404, 422))
def list_bans(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Who is excluded, the latest first."""
    competition = moderated_or_404(request, slug)
    found = Ban.objects.filter(competition=competition).select_related("user")
    part, after = pagination.paginate_rows(found, page, f"bans:{competition.pk}", "pk")
    return {"items": [_ban(ban) for ban in part], "next": after}


@router.post(
    f"{INSIDE}/bans", operation_id="ban", **write_options(BanOut, 404, 409, scope=Scope.MODERATE, status=201)
)
def ban(request: ApiRequest, slug: str, body: BanIn) -> Status[BanOut]:
    """Exclude a person: they can no longer submit."""
    competition = moderated_or_404(request, slug)
    user = get_object_or_404(User, username=body.username)
    return Status(201, _ban(decisions.ban_person(competition, user, body.reason, request.user)))


@router.delete(
    f"{INSIDE}/bans/{{username}}",
    operation_id="liftBan",
    **write_options(DoneOut, 404, 409, scope=Scope.MODERATE),
)
def lift_ban(request: ApiRequest, slug: str, username: str) -> DoneOut:
    """Let the person submit again."""
    competition = moderated_or_404(request, slug)
    found = Ban.objects.select_related("user", "competition")
    decisions.lift_ban(
        get_object_or_404(found, competition=competition, user__username=username), request.user
    )
    return DoneOut()


def _submission_or_404(request: ApiRequest, slug: str, key: UUID) -> Submission:
    competition = moderated_or_404(request, slug)
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    if submission.competition != competition:
        raise Http404("no such submission")
    return submission


def _ban(ban: Ban) -> BanOut:
    return BanOut(username=ban.user.get_username(), reason=ban.reason, created_at=ban.created_at)
