"""API of confirmed findings before those who serve: severity, embargo, and the owner's answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router
from pydantic import AwareDatetime, Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem, field_problem
from bounty.api.schemas.common import Part, Strict
from bounty.api.schemas.findings import FindingFieldsOut, finding_fields
from bounty.models import Submission, Triage
from bounty.moderation import triage
from bounty.moderation.queue_sections import FINDINGS
from bounty.moderation.sections import entry_or_404
from bounty.people.api_tokens import Scope
from bounty.permissions import visibility
from bounty.permissions.lookup import moderated_or_404

router = Router(tags=["Moderation"])

Severity = Literal["low", "medium", "high", "critical"]
Answer = Literal["acknowledged", "will_fix", "fixed", "wont_fix"]


class TriagedOut(FindingFieldsOut):
    """A confirmed finding as those who serve see it, one under an embargo too."""

    severity: str
    triaged_at: datetime | None
    embargo_until: datetime | None
    embargoed: bool = Field(description="Hidden from the public now.")
    answer: str
    answer_text: str
    fixed_in: int | None


class TriageIn(Strict):
    severity: Severity
    embargo_until: AwareDatetime | None = Field(
        None, description="Hidden from the public until then; null: not, or not any longer."
    )


class AnswerFindingIn(Strict):
    answer: Answer
    text: str = Field(
        "", max_length=triage.LONGEST, description="Everybody reads it who may read the finding."
    )
    fixed_in: int | None = Field(None, ge=1, le=10**9, description="For `fixed`: the version that fixed it.")


@router.get(
    f"{INSIDE}/moderation/findings",
    operation_id="listAllFindings",
    **read_options(Part[TriagedOut], 403, 404, 422),
)
def list_all_findings(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """All confirmed findings, those under an embargo too, the newest first."""
    competition = moderated_or_404(request, slug)
    rows = triage.shown_findings(competition)
    part, after = pagination.paginate_rows(rows, page, f"triage:{competition.pk}", "decided_at", "number")
    return {"items": [_triaged_out(row) for row in part], "next": after}


@router.put(
    f"{INSIDE}/submissions/{{uuid:key}}/triage",
    operation_id="triage",
    **write_options(TriagedOut, 404, 409, scope=Scope.MODERATE),
)
def decide(request: ApiRequest, slug: str, key: UUID, body: TriageIn) -> TriagedOut:
    """Say how bad a finding is, and until when the public does not read of it."""
    finding = _finding_or_404(request, slug, key)
    try:
        triage.triage_finding(finding, request.user, body.severity, body.embargo_until)
    except OverflowError:
        words = _("There is no such day.")
        raise Problem("invalid", words, (field_problem("embargo_until", words),)) from None
    return _triaged_out(finding)


@router.put(
    f"{INSIDE}/submissions/{{uuid:key}}/answer",
    operation_id="answerFinding",
    **write_options(TriagedOut, 404, 409, scope=Scope.ORGANISE),
)
def answer(request: ApiRequest, slug: str, key: UUID, body: AnswerFindingIn) -> TriagedOut:
    """Answer for the model's owner. It can be answered again."""
    finding = _finding_or_404(request, slug, key)
    triage.answer_finding(finding, request.user, body.answer, body.text, body.fixed_in)
    return _triaged_out(finding)


def _finding_or_404(request: ApiRequest, slug: str, key: UUID) -> Submission:
    found = entry_or_404(moderated_or_404(request, slug), FINDINGS, str(key)).subject
    assert isinstance(found, Submission)  # noqa: S101 - the section's items are submissions
    return found


def _triaged_out(finding: Submission) -> TriagedOut:
    known: Triage = triage.triage_of(finding)
    return TriagedOut(
        **finding_fields(finding),
        severity=known.severity,
        triaged_at=known.triaged_at,
        embargo_until=finding.embargo_until,
        embargoed=visibility.is_embargoed(finding),
        answer=known.answer,
        answer_text=known.answer_text,
        fixed_in=known.fixed_in,
    )
