"""Views of one's own account, and of entering a competition. Log-in itself is django-allauth's."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from bounty.models import Competition, Invitation
from bounty.people import teams
from bounty.people.dashboard import load_dashboard
from bounty.people.team_forms import EnterForm
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest


@login_required
@require_GET
def account_overview(request: PersonRequest) -> HttpResponse:
    """What is new, what is on its way, where this person takes part, and what they look after."""
    return render(request, "people/dashboard.html", {"home": load_dashboard(request.user, timezone.now())})


@login_required
@require_http_methods(["GET", "POST"])
def enter_competition(request: PersonRequest, slug: str) -> HttpResponse:
    """The form that accepts the terms and takes part, alone or in a new team."""
    competition = visible_or_404(request, slug)
    membership = membership_of_reader(request, competition)
    if membership.team_id is not None and membership.accepted_terms:
        return redirect("my-team", slug)
    refusal = rules.entry_refusal(request.user, competition, membership)
    form = EnterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not refusal and form.is_valid():
        with refusal_in_form(form, "name"):
            _take_part(request, competition, form)
            messages.success(request, (_("Welcome to %(title)s.") % {"title": competition.title}))
            return redirect("submit", slug)
    context = {"competition": competition, "form": form, "refusal": refusal}
    return render(request, "people/enter.html", context, status=422 if form.errors else 200)


def _take_part(request: PersonRequest, competition: Competition, form: EnterForm) -> None:
    if teams.team_of(request.user, competition) is None:
        if form.cleaned_data["how"] == EnterForm.TEAM:
            teams.create_team(request.user, competition, form.cleaned_data["name"])
        else:
            teams.create_solo_team(request.user, competition)
    teams.accept_terms(request.user, competition, timezone.now())


@never_cache
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A link into a competition by invitation. Only a POST uses it up: mail programs fetch links by themselves."""
    found = get_object_or_404(Invitation.objects.select_related("competition"), token=token)
    competition = found.competition
    if competition.status == Competition.Status.PREPARING:
        return render(
            request, "people/invitation.html", {"refusal": _("This competition is still being prepared.")}
        )
    context = {"competition": competition, "invitation": found, "refusal": ""}
    if request.user.is_authenticated and request.method == "POST":
        if teams.accept_invitation(found, request.user):
            return redirect("enter", competition.slug)
        used_up = _("This invitation has been used up. Ask the organiser for a new link.")
        context["refusal"] = rules.newcomer_refusal(competition) or used_up
    elif not found.uses_left and not request.user.has_perm("bounty.view_competition", competition):
        context["refusal"] = _("This invitation has been used up. Ask the organiser for a new link.")
    return render(request, "people/invitation.html", context)
