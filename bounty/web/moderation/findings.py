"""Views of confirmed findings before a moderator: severity, embargo, and the owner's answer."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from bounty.core.errors import Refusal
from bounty.models import Submission, Triage
from bounty.moderation import overlap, submission_preview, triage
from bounty.moderation.queue_sections import FINDINGS
from bounty.moderation.sections import QueueEntry, entry_or_404
from bounty.permissions import visibility
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.moderation.item_context import item_context
from bounty.web.requests import PersonRequest

PER_PAGE = 50


@never_cache
@login_required
@require_GET
def index(request: PersonRequest, slug: str) -> HttpResponse:
    """All confirmed findings, those under an embargo too."""
    competition = moderated_or_404(request, slug)
    page = Paginator(triage.shown_findings(competition), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (finding, triage.triage_of(finding), visibility.is_embargoed(finding)) for finding in page.object_list
    ]
    return render(
        request, "moderation/findings.html", {"competition": competition, "page": page, "rows": rows}
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def finding_detail(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """One confirmed finding, and the forms of its triage and of the owner's answer."""
    competition = moderated_or_404(request, slug)
    entry = entry_or_404(competition, FINDINGS, str(key))
    finding = entry.subject
    assert isinstance(finding, Submission)  # noqa: S101 - the section's items are submissions
    if request.method != "POST":
        return render(request, "moderation/finding.html", _context(request, entry, finding))
    try:
        done = _write(request, finding)
    except (Refusal, PermissionDenied) as error:
        context = _context(request, entry, finding) | {"problem": str(error)} | _typed(request)
        status = 403 if isinstance(error, PermissionDenied) else 422
        return render(request, "moderation/finding.html", context, status=status)
    messages.success(request, done)
    return redirect("moderate-finding", competition.slug, finding.pk)


def _write(request: PersonRequest, finding: Submission) -> str:
    if request.POST.get("do") == "answer":
        version = request.POST.get("fixed_in", "").strip()
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None
        answer, text = request.POST.get("answer", ""), request.POST.get("answer_text", "")
        triage.answer_finding(finding, request.user, answer, text, number)
        return _("The answer is kept; who may read about the finding reads it.")
    until = _date(request.POST.get("embargo_until", ""))
    triage.triage_finding(finding, request.user, request.POST.get("severity", ""), until)
    return _("#%(number)s is triaged.") % {"number": finding.number}


def _date(typed: str) -> datetime | None:
    """The end of that day where its reader is; None for an empty field. Raises Refusal."""
    if not typed.strip():
        return None
    try:
        day = parse_date(typed.strip())
    except ValueError:
        day = None
    if day is None:
        raise Refusal(_("Write the date as year-month-day, such as 2030-01-31."))
    return datetime.combine(day, time(23, 59), tzinfo=timezone.get_current_timezone())


def _typed(request: PersonRequest) -> dict[str, Any]:
    names = ("severity", "embargo_until", "answer", "answer_text", "fixed_in")
    return {f"typed_{name}": request.POST[name] for name in names if name in request.POST}


def _context(request: PersonRequest, entry: QueueEntry, finding: Submission) -> dict[str, Any]:
    competition, known = entry.competition, triage.triage_of(finding)
    mask = submission_preview.public_mask(finding)
    until = finding.embargo_until
    return item_context(request, entry) | {
        "submission": finding,
        "triage": known,
        "embargoed": visibility.is_embargoed(finding),
        "severities": triage.MEANINGS.items(),
        "answers": [(value, words) for value, words in Triage.Answer.choices if value != Triage.Answer.NONE],
        "newest": competition.head().number,
        "answer_refusal": triage.answer_refusal(
            request.user, competition, membership_of_reader(request, competition)
        ),
        "selection": submission_preview.preview_selection(finding),
        "overlaps": [] if mask is None else overlap.find_overlaps(finding, mask),
        "today": timezone.localdate().isoformat(),
        "typed_severity": known.severity,
        "typed_embargo_until": timezone.localdate(until).isoformat() if until else "",
        "typed_answer": known.answer,
        "typed_answer_text": known.answer_text,
        "typed_fixed_in": known.fixed_in or "",
    }
