"""API of reports of abuse, and of what moderators decide about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.discussion import moderate, reportable
from bounty.models import AbuseReport, Competition, Post, WriteUp
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import moderated_or_404, visible_or_404

router = Router(tags=["Discussion"])

Category = Literal["insult", "private", "spam", "secret", "other"]


class ReportIn(Strict):
    kind: str = Field(
        max_length=20, description="What it is: post, write-up, team, submission, profile or label."
    )
    key: str = Field(max_length=40, description="Its id.")
    category: Category
    text: str = Field("", max_length=2000, description="Only moderators read this, and that it was you.")


class ReportedOut(Schema):
    id: int
    state: str


class ReportOut(ReportedOut):
    kind: str
    key: str
    category: str
    text: str
    said: str = Field(description="What it said when it was reported.")
    reporter: str
    created_at: datetime
    answer: str


class AnswerReportIn(Strict):
    uphold: bool = Field(description="Take what was reported away.")
    reason: str = Field(pattern=r"\S", max_length=500, description="Whom it concerns reads it.")


class HideIn(Strict):
    hidden: bool
    reason: str = Field(pattern=r"\S", max_length=500, description="Its author reads it.")


@router.post(f"{INSIDE}/reports", operation_id="report", **write_options(ReportedOut, 404, 409, status=201))
def report(request: ApiRequest, slug: str, body: ReportIn) -> Status[ReportedOut]:
    """Tell the moderators of something that a person wrote."""
    competition = visible_or_404(request, slug)
    found = reportable.find_reportable(request.user, competition, body.kind, body.key)
    if found is None:
        raise Http404("nothing of that kind")
    kind, target = found
    made = moderate.report_abuse(competition, kind, target, body.category, body.text, request.user)
    return Status(201, ReportedOut(id=made.pk, state=made.state))


@router.get(f"{INSIDE}/reports", operation_id="listReports", **read_options(Part[ReportOut], 403, 404, 422))
def list_reports(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """All of the competition for its moderators, the latest first."""
    competition = moderated_or_404(request, slug)
    rows = competition.abuse_reports.select_related("reporter", "target_type")
    part, after = pagination.paginate_rows(rows, page, f"reports:{competition.pk}", "pk")
    return {"items": [_report_out(row) for row in part], "next": after}


@router.post(
    f"{INSIDE}/reports/{{int:number}}/answer",
    operation_id="answerReport",
    **write_options(ReportOut, 404, 409, scope=Scope.MODERATE),
)
def answer_report(request: ApiRequest, slug: str, number: int, body: AnswerReportIn) -> ReportOut:
    """Uphold it, which takes what was reported away, or dismiss it."""
    competition = moderated_or_404(request, slug)
    rows = competition.abuse_reports.select_related("reporter", "target_type")
    found: AbuseReport = get_object_or_404(rows, pk=min(number, LARGEST))
    found.competition = competition
    moderate.answer_report(found, uphold=body.uphold, reason=body.reason, by=request.user)
    return _report_out(found)


@router.put(
    f"{INSIDE}/posts/{{int:number}}/hidden",
    operation_id="hidePost",
    **write_options(DoneOut, 404, 409, scope=Scope.MODERATE),
)
def hide_post(request: ApiRequest, slug: str, number: int, body: HideIn) -> DoneOut:
    """Hide a post, or show a hidden or held one."""
    return _hide(request, moderated_or_404(request, slug), "post", number, body)


@router.put(
    f"{INSIDE}/write-ups/{{int:number}}/hidden",
    operation_id="hideWriteUp",
    **write_options(DoneOut, 404, 409, scope=Scope.MODERATE),
)
def hide_write_up(request: ApiRequest, slug: str, number: int, body: HideIn) -> DoneOut:
    """Hide a write-up, or show a hidden or held one."""
    return _hide(request, moderated_or_404(request, slug), "write-up", number, body)


def _hide(request: ApiRequest, competition: Competition, name: str, number: int, body: HideIn) -> DoneOut:
    kind = reportable.kind_by_name(name)
    written: Post | WriteUp | None = kind.find(competition, str(number)) if kind else None
    if written is None:
        raise Http404("no such text")
    do = moderate.hide_text if body.hidden else moderate.show_text
    do(written, body.reason, request.user)
    return DoneOut()


def _report_out(row: AbuseReport) -> ReportOut:
    kind = reportable.kind_of_type(row.target_type)
    return ReportOut(
        id=row.pk,
        state=row.state,
        kind=kind.name if kind else "",
        key=row.target_id,
        category=row.category,
        text=row.text,
        said=row.said,
        reporter=row.reporter.get_username(),
        created_at=row.created_at,
        answer=row.answer,
    )
