"""Views of teams: a team's page, one's own team, joining by link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from bounty.charts import Chart
from bounty.charts.losses import LossPoint, draw_losses
from bounty.core.errors import Refusal
from bounty.core.measures import scale_of
from bounty.models import Competition, Submission, Team, TeamMember
from bounty.people import teams
from bounty.people.team_forms import TeamNameForm, TermsForm
from bounty.permissions import rules, visibility
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.shared_model import queries
from bounty.shared_model.summary import measure_loss, practice_sample
from bounty.submissions import queue_position
from bounty.web.requests import PersonRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet

SHOWN = 100


@require_GET
def team_detail(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """Members, the team's own model, what was accepted; for members also everything else that was sent."""
    competition = visible_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, slug=team_slug)
    sent: QuerySet[Submission] = team.submissions.select_related("verdict")
    membership = membership_of_reader(request, competition)
    is_member = membership.team_id == team.pk
    sees_all = is_member or rules.serves_competition(request.user, competition, membership)
    if not sees_all:
        sent = visibility.publicly_visible(sent)
    steps = _steps(competition, team, named=is_member)
    context = {
        "competition": competition,
        "team": team,
        "members": TeamMember.objects.users_of(team),
        "is_member": is_member,
        "row": getattr(team, "board_row", None),
        "steps": steps,
        "credits": _credits(competition, team),
        "chart": _chart(competition, steps) if steps else None,
        "loss_word": scale_of(competition.loss).word,
        "rows": [(s, queue_position.status_line(s) if sees_all else "") for s in sent[:SHOWN]],
    }
    return render(request, "people/team.html", context)


def _credits(competition: Competition, team: Team) -> list[dict[str, Any]]:
    """The team's points by version of the shared model, newest first: for its own patch, or a finding it made."""
    rows, total = [], 0.0
    for credit in queries.team_credits(competition, team):
        total += credit.points
        source = credit.version.submission
        rows.append(
            {
                "version": credit.version,
                "points": credit.points,
                "total": total,
                "words": source.words or source.description if source else "",
                "fixer": source.team.name if source and source.team_id != team.pk else "",
            }
        )
    return rows[::-1]


def _steps(competition: Competition, team: Team, *, named: bool) -> list[dict[str, Any]]:
    """Versions of the team's own model, the base model first; what the steps came from is for members only."""
    # A rebuild gives only the teams that it touches a new generation: the competition's may be further.
    own = team.versions.current().select_related("submission").order_by("number")
    base = competition.versions.current().filter(number=0).first()
    if base is None or not own:
        return []
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    losses = [base.practice_loss, *(version.practice_loss for version in own)]
    words = [_("the base model"), *(_because_of(version.submission, named=named) for version in own)]
    return [
        {
            "number": number,
            "words": words[number],
            "measured": measure_loss(loss, sample.rows, scale, sample),
            "change": scale.describe_change(losses[number - 1], loss) if number else "",
            "at": (base, *own)[number].created_at,
        }
        for number, loss in enumerate(losses)
    ]


def _because_of(source: Submission | None, *, named: bool) -> str:
    if source is None:
        return _("the base model")
    if named or visibility.is_publicly_visible(source):
        return source.words or source.description or f"submission #{source.number}"
    return f"submission #{source.number}"


def _chart(competition: Competition, steps: list[dict[str, Any]]) -> Chart:
    points = [LossPoint(step["number"], step["measured"].loss, *step["measured"].bounds) for step in steps]
    return draw_losses(points, scale_of(competition.loss))


@login_required
@require_http_methods(["GET", "POST"])
def edit_own_team(request: PersonRequest, slug: str) -> HttpResponse:
    """One's own team: rename, invite, leave; or a redirect to entering the competition."""
    competition = visible_or_404(request, slug)
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    if team is None:
        return redirect("enter", slug)
    form = TeamNameForm(
        request.POST if request.POST.get("do") == "rename" else None, initial={"name": team.name}
    )
    if request.method == "POST":
        try:
            if done := _change(request, competition, team, form):
                return done
        except Refusal as error:
            messages.error(request, str(error))
            return redirect("my-team", slug)
    context = {
        "competition": competition,
        "team": team,
        "form": form,
        "members": TeamMember.objects.users_of(team),
        "has_sent": team.submissions.exists(),
        "join_url": request.build_absolute_uri(reverse("team-join", args=[slug, team.token])),
    }
    return render(request, "people/my_team.html", context, status=422 if form.errors else 200)


def _change(
    request: PersonRequest, competition: Competition, team: Team, form: TeamNameForm
) -> HttpResponse | None:
    """One change, by the button that was pressed. None: the form has errors to show."""
    match request.POST.get("do"):
        case "rename":
            if not form.is_valid():
                return None
            teams.rename_team(team, form.cleaned_data["name"])
            messages.success(request, _("The team has a new name."))
        case "renew":
            teams.renew_link(team)
            messages.success(request, _("The old link no longer works. Send the new one."))
        case "leave":
            teams.leave_team(request.user, team)
            messages.success(request, (_("You left %(name)s.") % {"name": team.name}))
            return redirect(competition)
    return redirect("my-team", competition.slug)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def join_team(request: PersonRequest, slug: str, token: str) -> HttpResponse:
    """The form that joins a team by its link, accepting the terms on the way."""
    competition = visible_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, token=token)
    membership = membership_of_reader(request, competition)
    if membership.team_id == team.pk:
        return redirect("my-team", slug)
    refusal = rules.entry_refusal(request.user, competition, membership)
    needs_terms = not membership.accepted_terms
    form = TermsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not refusal and (not needs_terms or form.is_valid()):
        try:
            teams.join_team(request.user, team)
        except Refusal as error:
            refusal = str(error)
        else:
            if needs_terms:
                teams.accept_terms(request.user, competition, timezone.now())
            messages.success(request, (_("You are in %(name)s now.") % {"name": team.name}))
            return redirect("my-team", slug)
    context = {
        "competition": competition,
        "team": team,
        "members": TeamMember.objects.users_of(team),
        "form": form,
        "needs_terms": needs_terms,
        "refusal": refusal,
    }
    return render(request, "people/join_team.html", context, status=422 if form.errors else 200)
