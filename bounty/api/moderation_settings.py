"""API of the panel's settings: declared conflicts, canned reasons, the embargo at first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.models import CannedReason, Competition, Conflict, PanelRules, Team
from bounty.moderation import assignments, canned_reasons
from bounty.people.api_tokens import Scope
from bounty.permissions import rules
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.memberships import membership_of_reader

router = Router(tags=["Moderation"])


class ConflictIn(Strict):
    team: str = Field(max_length=100, description="Its slug.")
    reason: str = Field("", max_length=300)


class ConflictOut(Schema):
    id: int
    username: str
    team: str
    reason: str
    created_at: datetime


class CannedReasonOut(Schema):
    id: int | None = Field(description="Of the competition's own; null for what every competition has.")
    title: str
    text: str


class ReasonsOut(Schema):
    items: list[CannedReasonOut]


class CannedReasonIn(Strict):
    title: str = Field(pattern=r"\S", max_length=60)
    text: str = Field(pattern=r"\S", max_length=1000)


class PanelRulesOut(Schema):
    embargo_days: int = Field(description="A newly confirmed finding is hidden from the public for so long.")


class PanelRulesIn(Strict):
    embargo_days: int = Field(ge=0, le=365)


@router.get(
    f"{INSIDE}/conflicts", operation_id="listConflicts", **read_options(Part[ConflictOut], 403, 404, 422)
)
def list_conflicts(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Who said that they have a conflict with which team, the latest first."""
    competition = moderated_or_404(request, slug)
    rows = competition.conflicts.select_related("user", "team")
    part, after = pagination.paginate_rows(rows, page, f"conflicts:{competition.pk}", "pk")
    return {"items": [_conflict_out(each) for each in part], "next": after}


@router.post(
    f"{INSIDE}/conflicts",
    operation_id="declareConflict",
    **write_options(ConflictOut, 404, scope=Scope.MODERATE, status=201),
)
def declare_conflict(request: ApiRequest, slug: str, body: ConflictIn) -> Status[ConflictOut]:
    """Say that you have a conflict with a team: somebody else decides about it from now on."""
    competition = moderated_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, slug=body.team)
    team.competition = competition
    return Status(201, _conflict_out(assignments.declare_conflict(team, body.reason, request.user)))


@router.delete(
    f"{INSIDE}/conflicts/{{int:number}}",
    operation_id="takeBackConflict",
    **write_options(DoneOut, 404, scope=Scope.MODERATE),
)
def take_back_conflict(request: ApiRequest, slug: str, number: int) -> DoneOut:
    """There is none any more: another organiser says so."""
    competition = moderated_or_404(request, slug)
    rows = Conflict.objects.select_related("user", "team")
    found: Conflict = get_object_or_404(rows, competition=competition, pk=min(number, LARGEST))
    found.competition = competition
    assignments.take_back_conflict(found, request.user)
    return DoneOut()


@router.get(f"{INSIDE}/moderation/reasons", operation_id="listReasons", **read_options(ReasonsOut, 403, 404))
def list_reasons(request: ApiRequest, slug: str) -> dict[str, Any]:
    """Reasons that moderators write often, the competition's own first."""
    competition = moderated_or_404(request, slug)
    own = [CannedReasonOut.from_orm(row) for row in competition.canned_reasons.all()]
    return {
        "items": [
            *own,
            *(CannedReasonOut(id=None, title=t, text=x) for t, x in canned_reasons.built_in_reasons()),
        ]
    }


@router.post(
    f"{INSIDE}/moderation/reasons",
    operation_id="addReason",
    **write_options(DoneOut, 404, 409, scope=Scope.ORGANISE, status=201),
)
def add_reason(request: ApiRequest, slug: str, body: CannedReasonIn) -> Status[DoneOut]:
    """Keep a reason for this competition's moderators."""
    competition = _organised(request, slug)
    if problem := canned_reasons.add_reason(competition, body.title, body.text):
        raise Problem("conflict", problem)
    return Status(201, DoneOut())


@router.delete(
    f"{INSIDE}/moderation/reasons/{{int:number}}",
    operation_id="removeReason",
    **write_options(DoneOut, 404, scope=Scope.ORGANISE),
)
def remove_reason(request: ApiRequest, slug: str, number: int) -> DoneOut:
    """Forget one of the competition's own."""
    competition = _organised(request, slug)
    get_object_or_404(CannedReason, competition=competition, pk=min(number, LARGEST)).delete()
    return DoneOut()


@router.put(
    f"{INSIDE}/moderation/rules",
    operation_id="setPanelRules",
    **write_options(PanelRulesOut, 404, scope=Scope.ORGANISE),
)
def set_panel_rules(request: ApiRequest, slug: str, body: PanelRulesIn) -> PanelRulesOut:
    """For how long a newly confirmed finding is hidden at first."""
    competition = _organised(request, slug)
    PanelRules.objects.update_or_create(competition=competition, defaults=body.dict())
    return PanelRulesOut(embargo_days=body.embargo_days)


def _organised(request: ApiRequest, slug: str) -> Competition:
    competition = moderated_or_404(request, slug)
    rules.check_organiser(competition, request.user, membership_of_reader(request, competition))
    return competition


def _conflict_out(found: Conflict) -> ConflictOut:
    return ConflictOut(
        id=found.pk,
        username=found.user.get_username(),
        team=found.team.slug,
        reason=found.reason,
        created_at=found.created_at,
    )
