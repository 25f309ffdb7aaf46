"""API of corrections of a competition's table, and of reports that a public row's label is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty import corrections
from bounty.api import pagination, problems
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.core.errors import Refusal
from bounty.label_reports import answer as label_reports_answer
from bounty.label_reports import report
from bounty.label_reports.answer import MOST_AT_ONCE
from bounty.label_reports.forms import TAKE_OUT, LabelForm
from bounty.models import LabelReport, TableCorrection
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import organised_or_404, visible_or_404

router = Router(tags=["Corrections"])

# A body without files is short; more comes as the page's CSV file.
MOST_ROWS = 5_000
Rows = list[int]


class MendIn(Strict):
    row: int
    label: str = Field(max_length=200)


class CorrectionIn(Strict):
    """Rows by their number in the organiser's table, from 1. At least one entry."""

    mended: list[MendIn] = Field(
        default_factory=list, max_length=MOST_ROWS, description="The label that each row should have."
    )
    withdrawn: Rows = Field(default_factory=list, max_length=MOST_ROWS, description="They count no more.")
    deleted: Rows = Field(default_factory=list, max_length=MOST_ROWS, description="Gone from every file.")
    units: list[str] = Field(
        default_factory=list, max_length=MOST_ROWS, description="All rows of these people are deleted."
    )


class MakeCorrectionIn(CorrectionIn):
    reason: str = Field(
        pattern=r"\S", max_length=1000, description="The teams and the model's history name it."
    )


class TouchedOut(Schema):
    """What it would touch; whether an entry would pass again is not said before it is made."""

    counts: dict[str, dict[str, int]] = Field(description="Of each part: rows mended, withdrawn, deleted.")
    left: dict[str, int] = Field(description="Rows that each part keeps.")
    retested: int = Field(description="Accepted entries whose own test is made again.")
    rejudged: int = Field(description="Findings that are judged again.")
    own_models: int
    evaluated_again: int
    erases: bool


class CorrectionOut(Schema):
    number: int
    reason: str
    by: str
    counts: dict[str, dict[str, int]]
    erases: bool
    created_at: datetime


class LabelReportIn(Strict):
    split: Literal["train", "explore"] = Field(description="The file: other rows are secret.")
    number: int = Field(ge=1, le=10**9, description="The row in that file, from 1.")
    suggested: str = Field(
        "", max_length=80, description="What the label should be; empty: none is right, take the row out."
    )
    reason: str = Field(pattern=r"\S", max_length=2000, description="What in the row tells you so.")


class LabelReportOut(Schema):
    id: int
    split: str
    number: int
    label: str = Field(description="As it was when it was reported.")
    suggested: str
    reason: str
    reporter: str
    created_at: datetime
    state: str = Field(description="open, accepted or rejected")
    answer: str
    correction: int | None = Field(description="The correction that it led to.")


class AnswerLabelsIn(Strict):
    reports: list[int] = Field(min_length=1, max_length=MOST_AT_ONCE)
    accept: bool
    answer: str = Field(pattern=r"\S", max_length=1000, description="Who reported it reads it.")


@router.get(
    f"{INSIDE}/corrections",
    operation_id="listCorrections",
    **read_options(Part[CorrectionOut], 403, 404, 422),
)
def list_corrections(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """All that were made, the latest first; for organisers."""
    competition = organised_or_404(request, slug)
    part, after = pagination.paginate_rows(
        competition.corrections.all(), page, f"corrections:{competition.pk}", "number"
    )
    return {"items": [_correction_out(row) for row in part], "next": after}


@router.post(
    f"{INSIDE}/corrections/preview",
    operation_id="previewCorrection",
    **write_options(TouchedOut, 404, 503, scope=Scope.ORGANISE),
)
def preview_correction(request: ApiRequest, slug: str, body: CorrectionIn) -> TouchedOut:
    """What a correction would touch. Nothing is changed."""
    competition = organised_or_404(request, slug)
    return TouchedOut.from_orm(corrections.preview_correction(competition, _correction(body)))


@router.post(
    f"{INSIDE}/corrections",
    operation_id="correctTable",
    **write_options(CorrectionOut, 404, 503, scope=Scope.ORGANISE, status=201),
)
def correct_table(request: ApiRequest, slug: str, body: MakeCorrectionIn) -> Status[CorrectionOut]:
    """Correct the table; everything that follows is decided again, from stored arrays. It cannot be taken back."""
    competition = organised_or_404(request, slug)
    return Status(
        201,
        _correction_out(corrections.correct_table(competition, _correction(body), body.reason, request.user)),
    )


@router.get(
    f"{INSIDE}/labels",
    operation_id="listLabelReports",
    **read_options(Part[LabelReportOut], 404, 422, visitors=True),
)
def list_label_reports(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Reports that labels of public rows are wrong, and what was answered, the newest first."""
    competition = visible_or_404(request, slug)
    rows = LabelReport.objects.filter(competition=competition).select_related("reporter", "correction")
    part, after = pagination.paginate_rows(rows, page, f"labels:{competition.pk}", "created_at", "pk")
    return {"items": [_label_report_out(row) for row in part], "next": after}


@router.post(
    f"{INSIDE}/labels", operation_id="reportLabel", **write_options(LabelReportOut, 404, 409, status=201)
)
def report_label(request: ApiRequest, slug: str, body: LabelReportIn) -> Status[LabelReportOut]:
    """Say that the label of a public row is wrong; the organiser looks at it."""
    competition = visible_or_404(request, slug)
    if why := report.report_refusal(request.user, competition):
        raise Problem("not-allowed", why)
    sent = body.dict()
    if report.label_classes(competition) and not sent["suggested"]:
        # The page has an entry of its own for it, so that nothing is taken out by leaving a list alone.
        sent["suggested"] = TAKE_OUT
    form = LabelForm(competition, sent)
    if form.is_valid():
        try:
            return Status(
                201, _label_report_out(report.send_report(competition, by=request.user, **form.cleaned_data))
            )
        except Refusal as error:
            form.add_error(error.field or None, str(error))
    raise problems.form_problem(form)


@router.post(
    f"{INSIDE}/labels/answer",
    operation_id="answerLabelReports",
    **write_options(DoneOut, 404, 409, 503, scope=Scope.ORGANISE),
)
def answer_label_reports(request: ApiRequest, slug: str, body: AnswerLabelsIn) -> DoneOut:
    """Correct the table as these reports ask, in one correction, or keep the labels and say why."""
    competition = organised_or_404(request, slug)
    rows = LabelReport.objects.filter(
        competition=competition,
        state=LabelReport.State.OPEN,
        pk__in=[number for number in body.reports if 0 < number <= LARGEST],
    )
    reports = list(rows.select_related("reporter"))
    act = label_reports_answer.accept_reports if body.accept else label_reports_answer.reject_reports
    act(competition, reports, body.answer, request.user)
    return DoneOut()


def _correction(body: CorrectionIn) -> corrections.Correction:
    mended = {each.row: each.label for each in body.mended}
    return corrections.Correction(mended, tuple(body.withdrawn), tuple(body.deleted), tuple(body.units))


def _correction_out(row: TableCorrection) -> CorrectionOut:
    return CorrectionOut.from_orm(row)


def _label_report_out(row: LabelReport) -> LabelReportOut:
    return LabelReportOut(
        id=row.pk,
        split=row.split,
        number=row.number,
        label=row.label,
        suggested=row.suggested,
        reason=row.reason,
        reporter=row.reporter.get_username(),
        created_at=row.created_at,
        state=row.state,
        answer=row.answer,
        correction=row.correction.number if row.correction else None,
    )
