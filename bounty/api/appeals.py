"""API of appeals: a team, or an excluded person, asks once that somebody else looks at a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import Part, Strict
from bounty.api.submissions import own_submission_or_404
from bounty.models import Appeal, Ban, Competition
from bounty.moderation import appeals
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import moderated_or_404, visible_or_404

router = Router(tags=["Appeals"])


class AppealIn(Strict):
    text: str = Field(pattern=r"\S", max_length=appeals.LONGEST, description="What the decision got wrong.")


class AppealOut(Schema):
    id: int
    kind: str = Field(description="refusal, disqualification or ban")
    submission: UUID | None
    username: str | None = Field(description="Who was excluded.")
    team: str | None
    decision_reason: str
    text: str
    created_at: datetime
    state: str = Field(description="open, upheld or overturned")
    answer: str
    answered_at: datetime | None


class OwnAppealsOut(Schema):
    refusal: str = Field(description="Why you cannot appeal now; empty where you can.")
    items: list[AppealOut]


class OpenAppealOut(AppealOut):
    decided_by: str | None
    author: str
    effect: str = Field(description="What taking the decision back does.")
    answer_refusal: str = Field(description="Why you may not answer it; empty where you may.")


class AnswerIn(Strict):
    overturn: bool = Field(description="Whether the decision is taken back.")
    text: str = Field(pattern=r"\S", max_length=appeals.LONGEST, description="Why: the team reads it.")


@router.get(
    f"{INSIDE}/submissions/{{uuid:key}}/appeal", operation_id="getAppeal", **read_options(OwnAppealsOut, 404)
)
def get_appeal(request: ApiRequest, slug: str, key: UUID) -> OwnAppealsOut:
    """Your team's appeals about a submission, and whether it may appeal."""
    submission = own_submission_or_404(request, slug, key)
    return OwnAppealsOut(
        refusal=appeals.appeal_refusal(request.user, submission),
        items=[_appeal_out(row) for row in submission.appeals.select_related("team", "banned")],
    )


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/appeal",
    operation_id="appeal",
    **write_options(AppealOut, 404, 409, status=201),
)
def appeal(request: ApiRequest, slug: str, key: UUID, body: AppealIn) -> Status[AppealOut]:
    """Ask that somebody looks at a refusal or a disqualification who did not decide it. Once."""
    submission = own_submission_or_404(request, slug, key)
    return Status(201, _appeal_out(appeals.file_appeal(submission, request.user, body.text)))


@router.get(f"{INSIDE}/appeal", operation_id="getAppealOfBan", **read_options(OwnAppealsOut, 404))
def get_appeal_of_ban(request: ApiRequest, slug: str) -> OwnAppealsOut:
    """Your appeal against being excluded, and whether you may appeal."""
    competition = visible_or_404(request, slug)
    ban = _ban_or_404(request, competition)
    own = competition.appeals.filter(kind=Appeal.Kind.BAN, banned=request.user)
    return OwnAppealsOut(
        refusal=appeals.ban_appeal_refusal(ban),
        items=[_appeal_out(row) for row in own.select_related("team", "banned")],
    )


@router.post(f"{INSIDE}/appeal", operation_id="appealBan", **write_options(AppealOut, 404, 409, status=201))
def appeal_ban(request: ApiRequest, slug: str, body: AppealIn) -> Status[AppealOut]:
    """Ask that somebody looks again at your being excluded. Once."""
    competition = visible_or_404(request, slug)
    return Status(201, _appeal_out(appeals.file_ban_appeal(_ban_or_404(request, competition), body.text)))


@router.get(f"{INSIDE}/appeals", operation_id="listAppeals", **read_options(Part[AppealOut], 403, 404, 422))
def list_appeals(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """All of the competition, the latest first."""
    competition = moderated_or_404(request, slug)
    rows = competition.appeals.select_related("team", "banned")
    part, after = pagination.paginate_rows(rows, page, f"appeals:{competition.pk}", "pk")
    return {"items": [_appeal_out(row) for row in part], "next": after}


@router.get(
    f"{INSIDE}/appeals/{{int:number}}", operation_id="getOpenAppeal", **read_options(OpenAppealOut, 403, 404)
)
def get_open_appeal(request: ApiRequest, slug: str, number: int) -> OpenAppealOut:
    """One appeal before somebody who may answer it."""
    return _open_appeal_out(request, _appeal_or_404(moderated_or_404(request, slug), number))


@router.post(
    f"{INSIDE}/appeals/{{int:number}}/answer",
    operation_id="answerAppeal",
    **write_options(OpenAppealOut, 404, 409, scope=Scope.MODERATE),
)
def answer_appeal(request: ApiRequest, slug: str, number: int, body: AnswerIn) -> OpenAppealOut:
    """Let the decision stand or take it back, once. Who took the decision does not answer."""
    found = _appeal_or_404(moderated_or_404(request, slug), number)
    appeals.answer_appeal(found, request.user, overturn=body.overturn, text=body.text)
    return _open_appeal_out(request, found)


def _ban_or_404(request: ApiRequest, competition: Competition) -> Ban:
    ban = Ban.objects.filter(competition=competition, user=request.user).select_related("created_by").first()
    if ban is None:
        raise Http404("nobody excluded this person")
    ban.competition = competition
    return ban


def _appeal_or_404(competition: Competition, number: int) -> Appeal:
    rows = competition.appeals.select_related("team", "submission__team", "banned", "decided_by", "author")
    found: Appeal = get_object_or_404(rows, pk=min(number, LARGEST))
    found.competition = competition
    if found.submission is not None:
        found.submission.competition = competition
    return found


def _appeal_out(row: Appeal) -> AppealOut:
    return AppealOut(**_fields(row))


def _open_appeal_out(request: ApiRequest, row: Appeal) -> OpenAppealOut:
    return OpenAppealOut(
        **_fields(row),
        decided_by=row.decided_by.get_username() if row.decided_by else None,
        author=row.author.get_username(),
        effect=str(appeals.describe_overturning(row)),
        answer_refusal=str(appeals.answer_refusal(request.user, row)),
    )


def _fields(row: Appeal) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "submission": row.submission_id,
        "username": row.banned.get_username() if row.banned else None,
        "team": row.team.slug if row.team else None,
        "decision_reason": row.decision_reason,
        "text": row.text,
        "created_at": row.created_at,
        "state": row.state,
        "answer": row.answer,
        "answered_at": row.answered_at,
    }
