"""Views of reports of abuse, and of moderators' decisions about reports and texts."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.discussion import moderate, permissions, reportable
from bounty.models import AbuseReport, Post, WriteUp
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.discussion.forms import ReasonForm, ReportForm
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest


@login_required
@require_http_methods(["GET", "POST"])
def report_abuse(request: PersonRequest, slug: str, kind: str, key: str) -> HttpResponse:
    """The form of a report of abuse."""
    competition = visible_or_404(request, slug)
    found = reportable.find_reportable(request.user, competition, kind, key)
    if found is None:
        raise Http404("nothing of that kind")
    described, target = found
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusal_in_form(form, forbidden=True):
            moderate.report_abuse(
                competition, described, target, given["category"], given["text"], request.user
            )
            messages.success(request, _("Thank you. A moderator looks at it, and you hear what was decided."))
            return redirect(described.url(target))
    context = {
        "competition": competition,
        "form": form,
        "kind": described,
        "says": described.says(target),
        "back": described.url(target),
    }
    return render(
        request, "discussion/report.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _check_moderator(request: PersonRequest, competition: Any) -> None:
    if refusal := permissions.decide_refusal(
        request.user, competition, None, membership=membership_of_reader(request, competition)
    ):
        raise PermissionDenied(refusal)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def answer_report(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """One report before a moderator: the text, its author, and the two answers."""
    competition = visible_or_404(request, slug)
    _check_moderator(request, competition)
    found = get_object_or_404(
        AbuseReport.objects.select_related("reporter", "decided_by", "target_type"),
        competition=competition,
        pk=pk,
    )
    found.competition = competition
    kind, target = reportable.kind_of_type(found.target_type), found.target
    author = kind.author(target) if kind and target else None
    team = kind.team(target) if kind and target else None
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        uphold = request.POST.get("do") == "uphold"
        with refusal_in_form(form, forbidden=True):
            moderate.answer_report(found, uphold=uphold, reason=form.cleaned_data["reason"], by=request.user)
            messages.success(request, _("The report is answered."))
            return redirect("moderate", slug)
    others = AbuseReport.objects.filter(target_type=found.target_type, target_id=found.target_id)
    context = {
        "competition": competition,
        "report": found,
        "kind": kind,
        "author": author,
        "now_says": kind.says(target) if kind and target else "",
        "url": kind.url(target) if kind and target else "",
        "others": others.exclude(pk=found.pk).select_related("reporter"),
        "refusal": permissions.decide_refusal(
            request.user, competition, author, team, membership_of_reader(request, competition)
        ),
        "form": form,
        "open": found.state == AbuseReport.State.OPEN,
    }
    return render(
        request,
        "discussion/moderate_report.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def moderate_text(request: PersonRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """A post or write-up before a moderator: hide it, or show it (again), with a reason."""
    competition = visible_or_404(request, slug)
    _check_moderator(request, competition)
    described = reportable.kind_by_name(kind) if kind in ("post", "write-up") else None
    written: Post | WriteUp | None = described.find(competition, str(pk)) if described else None
    if described is None or written is None:
        raise Http404("no such text")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        do = moderate.hide_text if request.POST.get("do") == "hide" else moderate.show_text
        with refusal_in_form(form, forbidden=True):
            do(written, form.cleaned_data["reason"], request.user)
            messages.success(request, _("It is hidden.") if do is moderate.hide_text else _("It is shown."))
            return redirect(request.get_full_path())
    context = {
        "competition": competition,
        "written": written,
        "says": described.says(written),
        "back": described.url(written),
        "form": form,
        "refusal": permissions.decide_refusal(
            request.user, competition, written.author, getattr(written, "team", None)
        ),
        "trail": LogEntry.objects.get_for_object(written).select_related("actor")[:20],
    }
    return render(
        request,
        "discussion/moderate_text.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )
