"""Views of reports of wrong labels: the list, the form, and the organiser's answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bounty import corrections
from bounty.core.errors import Refusal
from bounty.label_reports.answer import (
    MOST_AT_ONCE,
    accept_reports,
    answer_refusal,
    preview_correction,
    reject_reports,
)
from bounty.label_reports.forms import AnswerForm, LabelForm
from bounty.label_reports.report import PublicRow, current_row, public_row, report_refusal, send_report
from bounty.models import Competition, LabelReport
from bounty.permissions.lookup import organised_or_404, visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest

PAGE = 50


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """All reports, newest first: whoever may see the competition sees what was said about its public rows."""
    competition = visible_or_404(request, slug)
    rows = LabelReport.objects.filter(competition=competition).select_related("reporter", "correction")
    context = {
        "competition": competition,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "refusal": report_refusal(request.user, competition, membership_of_reader(request, competition)),
        "organises": not answer_refusal(
            request.user, competition, membership_of_reader(request, competition)
        ),
    }
    return render(request, "label_reports/index.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def report_label(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of a report: first the row, then what is wrong with it; with a row in the address it shows that row."""
    competition = visible_or_404(request, slug)
    if why := report_refusal(request.user, competition, membership_of_reader(request, competition)):
        raise PermissionDenied(why)
    given = {"split": request.GET.get("split") or "explore", "number": request.GET.get("row", "")}
    form = LabelForm(competition, request.POST if request.method == "POST" else None, initial=given)
    look = request.POST.get("do") == "look"
    if request.method == "POST" and form.is_valid() and not look:
        with refusal_in_form(form):
            send_report(competition, by=request.user, **form.cleaned_data)
            messages.success(
                request, _("Thank you. The organiser looks at it, and you hear what was decided.")
            )
            return redirect("labels", slug)
    found = _row(competition, request)
    if look:
        # Only the row was asked for: what is not filled in yet is no mistake.
        form = LabelForm(competition, initial={name: request.POST.get(name, "") for name in form.fields})
        if found is None:
            form = LabelForm(competition, request.POST)
            form.is_valid()
    context = {"competition": competition, "form": form, "row": found}
    return render(
        request, "label_reports/report.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _row(competition: Competition, request: HttpRequest) -> PublicRow | None:
    asked = request.POST if request.method == "POST" else request.GET
    number = asked.get("number") or asked.get("row") or ""
    if not number.isdecimal() or len(number) > 9:
        return None
    return public_row(competition, asked.get("split", ""), int(number))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def answer_reports(request: PersonRequest, slug: str) -> HttpResponse:
    """Open reports, to be accepted or rejected, one or many at once; accepting shows first what it would touch."""
    competition = organised_or_404(request, slug)
    waiting = LabelReport.objects.filter(competition=competition, state=LabelReport.State.OPEN)
    listed = list(waiting.select_related("reporter").order_by("created_at")[:MOST_AT_ONCE])
    chosen = {int(key) for key in request.POST.getlist("report") if key.isdecimal() and len(key) < 19}
    reports = [each for each in listed if each.pk in chosen]
    form = AnswerForm(request.POST if request.method == "POST" else None)
    touched, looked = None, False
    if request.method == "POST":
        try:
            if request.POST.get("do") == "preview":
                form = AnswerForm(initial={"answer": request.POST.get("answer", "")})
                touched, looked = _preview(competition, reports), True
            elif form.is_valid():
                return _answered(request, competition, reports, form.cleaned_data["answer"])
        except Refusal as error:
            form = AnswerForm(request.POST)
            form.is_valid()
            form.add_error(None, str(error))
    for each in listed:
        each.competition = competition
    context: dict[str, Any] = {
        "competition": competition,
        "rows": [(each, current_row(each)) for each in listed],
        "chosen": chosen,
        "form": form,
        "touched": touched,
        "looked": looked,
        "refusal": answer_refusal(request.user, competition, membership_of_reader(request, competition)),
        "decided": LabelReport.objects.filter(competition=competition)
        .exclude(state=LabelReport.State.OPEN)
        .select_related("reporter", "decided_by", "correction")[:PAGE],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "label_reports/answer.html", context, status=status)


def _preview(competition: Competition, reports: list[LabelReport]) -> corrections.CorrectionPreview | None:
    if not reports:
        raise Refusal(_("Choose the reports that you answer."))
    return preview_correction(competition, reports)


def _answered(
    request: PersonRequest, competition: Competition, reports: list[LabelReport], said: str
) -> HttpResponse:
    if request.POST.get("do") == "reject":
        reject_reports(competition, reports, said, request.user)
        messages.success(
            request,
            ngettext("%(count)d report is rejected.", "%(count)d reports are rejected.", len(reports))
            % {"count": len(reports)},
        )
    else:
        made = accept_reports(competition, reports, said, request.user)
        messages.success(
            request,
            _("Correction %(number)d is made; everything that follows was decided again.")
            % {"number": made.number}
            if made
            else _("The rows were so already; the reports are accepted."),
        )
    return redirect("organise-labels", competition.slug)
