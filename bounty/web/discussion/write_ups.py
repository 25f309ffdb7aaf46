"""Views of teams' write-ups."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bounty.discussion import permissions, read, write
from bounty.discussion.lookup import write_up_or_404
from bounty.models import Team, WriteUp
from bounty.models.discussion import AuthoredText
from bounty.people import teams
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.discussion.forms import WriteUpForm
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest

PAGE = 30


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """Published write-ups, newest first."""
    competition = visible_or_404(request, slug)
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    context = {
        "competition": competition,
        "page": Paginator(read.shown_write_ups(competition), PAGE).get_page(request.GET.get("page")),
        "own_team": team,
        "has_own": team is not None and WriteUp.objects.filter(team=team).exists(),
    }
    return render(request, "discussion/write_ups.html", context)


@require_safe
def write_up_detail(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """One team's write-up."""
    competition = visible_or_404(request, slug)
    written = write_up_or_404(request, competition, team_slug)
    context = {
        "competition": competition,
        "written": written,
        "may_edit": not permissions.write_up_refusal(
            request.user, written.team, membership_of_reader(request, competition)
        ),
        "moderates": not permissions.decide_refusal(
            request.user, competition, None, membership=membership_of_reader(request, competition)
        ),
    }
    return render(request, "discussion/write_up.html", context)


@require_safe
def write_up_history(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """Every earlier wording of a write-up, newest first."""
    competition = visible_or_404(request, slug)
    written = write_up_or_404(request, competition, team_slug)
    context = {
        "competition": competition,
        "written": written,
        "title": written.title,
        "revisions": read.visible_revisions(
            request.user, competition, written, membership_of_reader(request, competition)
        ),
    }
    return render(request, "discussion/history.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edit_write_up(request: PersonRequest, slug: str, team_slug: str) -> HttpResponse:
    """The form that writes, changes or deletes the team's write-up."""
    competition = visible_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, slug=team_slug)
    team.competition = competition
    present = WriteUp.objects.filter(team=team).first()
    if refusal := permissions.write_up_refusal(
        request.user, team, membership_of_reader(request, competition)
    ):
        raise PermissionDenied(refusal)
    given = {"title": present.title, "text": present.text} if present else {}
    form = WriteUpForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST" and request.POST.get("do") == "delete" and present is not None:
        write.delete_write_up(present, request.user)
        messages.success(request, _("The write-up is deleted."))
        return redirect("write-ups", slug)
    if request.method == "POST" and form.is_valid():
        with refusal_in_form(form):
            written = write.save_write_up(
                team, form.cleaned_data["title"], form.cleaned_data["text"], request.user
            )
            if written.state == AuthoredText.State.HELD:
                messages.warning(
                    request, _("A moderator looks at it before others see it. ") + written.reason
                )
            return redirect(written)
    context = {"competition": competition, "team": team, "form": form, "present": present}
    return render(
        request,
        "discussion/write_up_edit.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )
