"""Views of certificates: issuing, showing and checking, withdrawing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bounty.models import Certificate
from bounty.people import certificates, teams
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.refusals import refusal_as_message
from bounty.web.requests import PersonRequest


@login_required
@require_http_methods(["GET", "POST"])
def issue_certificate(request: PersonRequest, slug: str) -> HttpResponse:
    """The team's certificates, and one's own; a button makes each, or brings it up to date."""
    competition = visible_or_404(request, slug)
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    if team is None:
        return redirect("enter", slug)
    team.competition = competition
    if request.method == "POST":
        with refusal_as_message(request):
            made = certificates.issue_certificate(
                team, request.user, whole_team=request.POST.get("for") == "team"
            )
            return redirect(made)
    rows = Certificate.objects.filter(team=team)
    context = {
        "competition": competition,
        "team": team,
        "own": rows.filter(user=request.user).first(),
        "whole": rows.filter(user=None).first(),
    }
    return render(request, "people/certificates.html", context)


# What it says changes whenever a decision does.
@never_cache
@require_safe
def certificate_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The sheet to print, and the answer whether it still holds. A code that names nothing is said to be none."""
    found = certificates.find_certificate(code)
    if found is None:
        return render(request, "people/no_certificate.html", {"code": code[:60]}, status=404)
    if found.code != code:
        return redirect(found)
    context = {
        "status": certificates.certificate_status(found, request.user),
        "certificate": found,
        "competition": found.competition,
        "address": request.build_absolute_uri(found.get_absolute_url()),
        "mine": request.user.is_authenticated
        and (
            found.user_id == request.user.pk if found.user_id else rules.is_member(request.user, found.team)
        ),
    }
    reply = render(request, "people/certificate.html", context)
    reply["X-Robots-Tag"] = "noindex"
    # The address is the key: no other site is told it.
    reply["Referrer-Policy"] = "no-referrer"
    return reply


@require_safe
def look_up_certificate(request: HttpRequest) -> HttpResponse:
    """The form for a code typed from paper."""
    if code := request.GET.get("code", "").strip():
        return redirect("certificate", code.upper().replace(" ", "-").replace("/", "-")[:60])
    return render(request, "people/no_certificate.html", {"code": ""})


@login_required
@require_POST
def withdraw_certificate(request: PersonRequest, code: str) -> HttpResponse:
    """Withdraw one's certificate; to all others it does not exist."""
    found = certificates.find_certificate(code)
    if found is None:
        raise Http404("no such certificate")
    try:
        certificates.withdraw_certificate(found, request.user)
    except PermissionDenied:
        raise Http404("no certificate of this person") from None
    messages.success(request, _("The certificate is withdrawn; its address names nothing any more."))
    return redirect("certificate-issue", found.competition.slug)
