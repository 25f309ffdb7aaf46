"""The view that corrects the table of a competition: first what it would touch, then the correction."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty import corrections
from bounty.core.form_fields import describe_fields
from bounty.models import Competition
from bounty.organisers.forms.corrections import EXAMPLE, CorrectionForm
from bounty.permissions import rules
from bounty.permissions.lookup import organised_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def correct_table(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of a correction. Nothing is changed before the second button."""
    competition = organised_or_404(request, slug)
    form = CorrectionForm(request.POST, request.FILES) if request.method == "POST" else CorrectionForm()
    touched = None
    if request.method == "POST" and form.is_valid():
        with refusal_in_form(form, "lines"):
            if request.POST.get("do") == "correct":
                return _corrected(request, competition, form)
            touched = corrections.preview_correction(competition, form.correction)
    status = 422 if form.is_bound and form.errors else 200
    if touched is not None:
        # What came in a file stands in the lines now, so that the second button sends the same.
        form = CorrectionForm({"lines": form.cleaned_data["lines"], "reason": form.cleaned_data["reason"]})
    describe_fields(form)
    context: dict[str, Any] = {
        "competition": competition,
        "form": form,
        "touched": touched,
        "splits": _splits(touched) if touched else (),
        "earlier": competition.corrections.order_by("-number"),
        "example": EXAMPLE,
        "may": rules.is_organiser(request.user, competition, membership_of_reader(request, competition))
        and bool(competition.layout_json),
    }
    return render(request, "organisers/corrections.html", context, status=status)


def _corrected(request: PersonRequest, competition: Competition, form: CorrectionForm) -> HttpResponse:
    made = corrections.correct_table(competition, form.correction, form.cleaned_data["reason"], request.user)
    messages.success(
        request,
        _("Correction %(number)d is made; everything that follows was decided again.")
        % {"number": made.number},
    )
    return redirect("organise-corrections", competition.slug)


def _splits(touched: corrections.CorrectionPreview) -> list[tuple[str, dict[str, int], int]]:
    return [(name, dict(counts), touched.left.get(name, 0)) for name, counts in touched.counts.items()]
