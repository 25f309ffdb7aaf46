"""The page that rolls the shared model back to an earlier version, after asking which one and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.adjudication.rollback import roll_back_model
from bounty.core.errors import Refusal
from bounty.models import Competition, ModelVersion
from bounty.permissions.lookup import organised_or_404
from bounty.web.requests import PersonRequest
from evaluator.errors import BountyError

if TYPE_CHECKING:
    from django.db.models import QuerySet


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def confirm_rollback(request: PersonRequest, slug: str) -> HttpResponse:
    """Ask for the version and the reason, then go back to it."""
    competition = organised_or_404(request, slug)
    problem = ""
    if request.method == "POST":
        try:
            head = roll_back_model(
                competition, _number(request), request.POST.get("reason", ""), request.user
            )
        except BountyError as error:
            problem = str(error)
        else:
            text = _("The model ends at version %(number)d again.") % {"number": head.number}
            messages.success(request, text)
            return redirect("organise-competition", slug)
    context = {
        "competition": competition,
        "versions": _versions_before_the_newest(competition),
        "chosen": request.POST.get("version", ""),
        "reason": request.POST.get("reason", ""),
        "problem": problem,
    }
    return render(request, "organisers/rollback.html", context, status=422 if problem else 200)


def _number(request: PersonRequest) -> int:
    """The chosen version. Raises Refusal where none was."""
    text = request.POST.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise Refusal(_("Choose a version."), "version")
    return int(text)


def _versions_before_the_newest(competition: Competition) -> QuerySet[ModelVersion] | list[ModelVersion]:
    if competition.is_closed:
        return []
    versions = competition.versions.current().order_by("-number")
    return versions.select_related("submission__team")[1:]
