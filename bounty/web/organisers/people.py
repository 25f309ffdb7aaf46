"""Views of a competition's roles and invitations, of participation, and of the ledger's budget."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from bounty.core.errors import Refusal
from bounty.ledger import overview
from bounty.models import Competition
from bounty.organisers import charts
from bounty.organisers import roles as service
from bounty.organisers.forms.edit import InvitationForm, RoleForm
from bounty.organisers.ledger_report import ledger_budget as budget_of
from bounty.organisers.participation import measure_participation as participation_of
from bounty.permissions.lookup import organised_or_404
from bounty.web.requests import PersonRequest


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_people(request: PersonRequest, slug: str) -> HttpResponse:
    """Roles and invitation links, and the forms that give them."""
    competition = organised_or_404(request, slug)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    invitation = InvitationForm(request.POST if do == "invite" else None)
    role = RoleForm(request.POST if do == "give" else None)
    if do and (done := _change(request, competition, do, invitation, role)):
        return done
    context: dict[str, Any] = {
        "competition": competition,
        "invitation_form": invitation,
        "role_form": role,
        "roles": competition.roles.select_related("user").order_by("kind", "user__username"),
        "invitations": [
            (row, request.build_absolute_uri(reverse("invitation", args=[row.token])))
            for row in competition.invitations.order_by("-created_at")
        ],
    }
    status = 422 if invitation.errors or role.errors else 200
    return render(request, "organisers/people.html", context, status=status)


def _change(
    request: PersonRequest, competition: Competition, do: str, invitation: InvitationForm, role: RoleForm
) -> HttpResponse | None:
    """One change, by the button that was pressed. None: a form has errors to show."""
    number = request.POST.get("which", "")
    if do == "invite":
        if not invitation.is_valid():
            return None
        invitation.instance.competition = competition
        invitation.save()
        messages.success(request, _("The link is below. Send it to whom you want to invite."))
    elif do == "give":
        if not role.is_valid():
            return None
        try:
            data = role.cleaned_data
            service.give_role(competition, data["user"], data["kind"], request.user)
        except Refusal as error:
            role.add_error("user", str(error))
            return None
        messages.success(request, _("%(user)s has the role.") % {"user": data["user"]})
    elif do in ("take", "end") and number.isdecimal() and len(number) < 19:
        change = service.remove_role if do == "take" else service.end_invitation
        change(competition, int(number), request.user)
        messages.success(request, _("Done."))
    else:
        raise Http404("no such button")
    return redirect("organise-people", competition.slug)


@login_required
@require_GET
def show_participation(request: PersonRequest, slug: str) -> HttpResponse:
    """Numbers and charts of participation."""
    competition = organised_or_404(request, slug)
    found = participation_of(competition, timezone.now())
    context = {
        "competition": competition,
        "found": found,
        "per_day": charts.draw_submissions_per_day(found.days) if len(found.days) > 1 else None,
        "by_state": charts.draw_submissions_by_state(found.states) if found.states else None,
    }
    return render(request, "organisers/participation.html", context)


@login_required
@require_GET
def show_budget(request: PersonRequest, slug: str) -> HttpResponse:
    """The ledger's budget, with a chart a block."""
    competition = organised_or_404(request, slug)
    found = budget_of(competition) if competition.layout_json else None
    target = 100 * competition.target_gain
    context = {
        "competition": competition,
        "found": found,
        "gain": overview.gain_standing(competition),
        "target": target,
        "drawn": [
            (row, charts.draw_gain_over_queries(row.asked, target) if len(row.asked) > 1 else None)
            for row in (found.blocks if found else ())
        ],
    }
    return render(request, "organisers/budget.html", context)
