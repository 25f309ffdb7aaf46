"""Views of assignments, private notes, conflicts of interest, canned reasons and the panel's rules."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bounty.core.errors import Refusal
from bounty.models import CannedReason, Competition, Conflict, PanelRules, Team
from bounty.moderation import assignments, canned_reasons
from bounty.moderation.sections import entry_or_404
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.permissions.moderators import moderators_of
from bounty.permissions.rules import may_organise
from bounty.web.refusals import refusal_as_message
from bounty.web.requests import PersonRequest

MOST_DAYS = 365


@login_required
@require_POST
def assign_item(request: PersonRequest, slug: str) -> HttpResponse:
    """Take an item, give it to somebody, or give it back (`to` is empty)."""
    competition = moderated_or_404(request, slug)
    entry = entry_or_404(competition, request.POST.get("section", ""), request.POST.get("item", ""))
    value = request.POST.get("to", "")
    to = None
    if value:
        found = moderators_of(competition)
        to = (
            found.filter(pk=int(value)).first()
            if value.isascii() and value.isdigit() and len(value) < 10
            else None
        )
        if value == "me":
            to = request.user
        if to is None:
            messages.error(request, _("Nobody of that name moderates here; nothing was changed."))
            return redirect(entry.url)
    with refusal_as_message(request):
        assignments.assign_entry(entry, to, request.user)
        messages.success(request, _("%(name)s looks at it.") % {"name": to} if to else _("Given back."))
    return redirect(entry.url)


@login_required
@require_POST
def add_note(request: PersonRequest, slug: str) -> HttpResponse:
    """Write a note that only moderators see."""
    competition = moderated_or_404(request, slug)
    entry = entry_or_404(competition, request.POST.get("section", ""), request.POST.get("item", ""))
    text = request.POST.get("text", "")
    try:
        assignments.add_note(entry, text, request.user)
    except Refusal as error:
        context = {"competition": competition, "entry": entry, "problem": str(error), "typed": text}
        return render(request, "moderation/note.html", context, status=422)
    return redirect(f"{entry.url}#notes")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_conflicts(request: PersonRequest, slug: str) -> HttpResponse:
    """The declared conflicts of interest, and the form that declares one."""
    competition = moderated_or_404(request, slug)
    if request.method == "POST":
        if gone := request.POST.get("take_back", ""):
            return _take_back(request, competition, gone)
        return _declare(request, competition)
    context = {
        "competition": competition,
        "teams": competition.teams.all(),
        "chosen": request.GET.get("team", ""),
        "declared": competition.conflicts.select_related("user", "team"),
        "organises": _organises(request, competition),
    }
    return render(request, "moderation/conflicts.html", context)


def _declare(request: PersonRequest, competition: Competition) -> HttpResponse:
    slug = request.POST.get("team", "")
    team = Team.objects.filter(competition=competition, slug=slug).first()
    if team is None:
        messages.error(request, _("Choose the team; nothing was changed."))
        return redirect("moderate-conflicts", competition.slug)
    team.competition = competition
    assignments.declare_conflict(team, request.POST.get("reason", ""), request.user)
    messages.success(request, _("Noted: somebody else decides about %(team)s.") % {"team": team.name})
    return redirect("moderate-conflicts", competition.slug)


def _take_back(request: PersonRequest, competition: Competition, value: str) -> HttpResponse:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    rows = Conflict.objects.select_related("user", "team")
    declared = get_object_or_404(rows, competition=competition, pk=number)
    declared.competition = competition
    assignments.take_back_conflict(declared, request.user)
    messages.success(request, _("Taken back."))
    return redirect("moderate-conflicts", competition.slug)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_panel_rules(request: PersonRequest, slug: str) -> HttpResponse:
    """The organiser's own canned reasons, and for how long a new finding is hidden at first."""
    competition = moderated_or_404(request, slug)
    if not _organises(request, competition):
        raise PermissionDenied(_("Only organisers change the panel's rules."))
    problem = ""
    if request.method == "POST":
        problem = _change_rules(request, competition)
        if not problem:
            messages.success(request, _("Kept."))
            return redirect("moderate-rules", competition.slug)
    found = PanelRules.objects.filter(competition=competition).first()
    context = {
        "competition": competition,
        "own": competition.canned_reasons.all(),
        "built_in": canned_reasons.built_in_reasons(),
        "embargo_days": request.POST.get("embargo_days", found.embargo_days if found else 0),
        "typed_title": request.POST.get("title", ""),
        "typed_text": request.POST.get("text", ""),
        "problem": problem,
    }
    return render(request, "moderation/rules.html", context, status=422 if problem else 200)


def _change_rules(request: PersonRequest, competition: Competition) -> str:
    """ "", or what was wrong."""
    do = request.POST.get("do", "")
    if do == "add":
        return canned_reasons.add_reason(
            competition, request.POST.get("title", ""), request.POST.get("text", "")
        )
    if do == "remove":
        number = request.POST.get("reason", "")
        if number.isascii() and number.isdigit() and len(number) < 19:
            CannedReason.objects.filter(competition=competition, pk=int(number)).delete()
        return ""
    days = request.POST.get("embargo_days", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < 5 and int(days) <= MOST_DAYS):
        return _("Write a whole number of days, from 0 to %(most)s.") % {"most": MOST_DAYS}
    PanelRules.objects.update_or_create(competition=competition, defaults={"embargo_days": int(days)})
    return ""


def _organises(request: PersonRequest, competition: Competition) -> bool:
    return may_organise(request.user, competition, membership_of_reader(request, competition))
