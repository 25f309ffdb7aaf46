"""API of who you are, of entering a competition, and of teams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from bounty.api import pagination, problems
from bounty.api.auth import ApiRequest
from bounty.api.operations import read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.models import ApiToken, Competition, Team, TeamMember
from bounty.models.memberships import Membership
from bounty.people import teams
from bounty.people.api_tokens import Scope
from bounty.people.team_forms import EnterForm, TeamNameForm, TermsForm
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader

router = Router(tags=["People"])


class MeOut(Schema):
    username: str
    scopes: list[str]
    token: str | None = Field(None, description="The name of the token that you use.")
    expires_at: datetime | None = None


class TeamOut(Schema):
    name: str
    slug: str
    members: list[str]
    url: str


class OwnTeamOut(TeamOut):
    join_token: str = Field(description="Whoever has it may join your team.")
    join_url: str


class EnterIn(Strict):
    accept_terms: bool = Field(description="That you accept the terms (see the rules).")
    team: str = Field("", description="A name for a new team; empty to take part alone.")


class JoinIn(Strict):
    token: str = Field(max_length=64, description="The last part of the link that a member sent you.")
    accept_terms: bool = False


class RenameIn(Strict):
    name: str


@router.get("/me", operation_id="getMe", **read_options(MeOut))
def get_me(request: ApiRequest) -> MeOut:
    """Whom the site takes you for, and what you may do this way."""
    token = request.auth if isinstance(request.auth, ApiToken) else None
    return MeOut(
        username=request.user.get_username(),
        scopes=token.scopes if token else list(Scope.values),
        token=token.name if token else None,
        expires_at=token.expires_at if token else None,
    )


@router.post("/competitions/{slug:slug}/enter", operation_id="enter", **write_options(OwnTeamOut, 404, 409))
def enter(request: ApiRequest, slug: str, body: EnterIn) -> OwnTeamOut:
    """Accept the terms and take part, alone or in a new team. Who takes part already gets their team again."""
    competition = visible_or_404(request, slug)
    membership = membership_of_reader(request, competition)
    team = teams.team_of(request.user, competition, membership)
    if team is not None and membership.accepted_terms:
        return _own_team_out(request, competition, team)
    _check_entry(request, competition, membership)
    how = EnterForm.TEAM if body.team else EnterForm.ALONE
    form = EnterForm({"accepted": body.accept_terms, "how": how, "name": body.team})
    if not form.is_valid():
        raise _renamed(problems.form_problem(form), accepted="accept_terms", name="team")
    with transaction.atomic():
        if team is None and body.team:
            team = teams.create_team(request.user, competition, form.cleaned_data["name"])
        team = team or teams.create_solo_team(request.user, competition)
        teams.accept_terms(request.user, competition, timezone.now())
    return _own_team_out(request, competition, team)


@router.post(
    "/competitions/{slug:slug}/team/join", operation_id="joinTeam", **write_options(OwnTeamOut, 404, 409)
)
def join_team(request: ApiRequest, slug: str, body: JoinIn) -> OwnTeamOut:
    """Come into a team by the token of its link, accepting the terms where you have not."""
    competition = visible_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, token=body.token)
    membership = membership_of_reader(request, competition)
    _check_entry(request, competition, membership)
    if not membership.accepted_terms:
        form = TermsForm({"accepted": body.accept_terms})
        if not form.is_valid():
            raise _renamed(problems.form_problem(form), accepted="accept_terms")
    with transaction.atomic():
        teams.join_team(request.user, team)
        teams.accept_terms(request.user, competition, timezone.now())
    return _own_team_out(request, competition, team)


@router.get("/competitions/{slug:slug}/team", operation_id="getMyTeam", **read_options(OwnTeamOut, 404))
def get_my_team(request: ApiRequest, slug: str) -> OwnTeamOut:
    """Your team, and the token by which others join it."""
    competition = visible_or_404(request, slug)
    return _own_team_out(request, competition, _own_team_or_404(request, competition))


@router.patch(
    "/competitions/{slug:slug}/team", operation_id="renameTeam", **write_options(OwnTeamOut, 404, 409)
)
def rename_team(request: ApiRequest, slug: str, body: RenameIn) -> OwnTeamOut:
    """Give your team another name; its address stays."""
    competition = visible_or_404(request, slug)
    team = _own_team_or_404(request, competition)
    form = TeamNameForm({"name": body.name})
    if not form.is_valid():
        raise problems.form_problem(form)
    teams.rename_team(team, form.cleaned_data["name"])
    return _own_team_out(request, competition, team)


@router.post(
    "/competitions/{slug:slug}/team/link", operation_id="renewTeamLink", **write_options(OwnTeamOut, 404)
)
def renew_team_link(request: ApiRequest, slug: str) -> OwnTeamOut:
    """A new token to join by; the old one no longer works."""
    competition = visible_or_404(request, slug)
    team = _own_team_or_404(request, competition)
    teams.renew_link(team)
    return _own_team_out(request, competition, team)


@router.delete("/competitions/{slug:slug}/team", operation_id="leaveTeam", **write_options(DoneOut, 404, 409))
def leave_team(request: ApiRequest, slug: str) -> DoneOut:
    """Go out of your team. What was sent stays with it."""
    teams.leave_team(request.user, _own_team_or_404(request, visible_or_404(request, slug)))
    return DoneOut()


@router.get(
    "/competitions/{slug:slug}/teams",
    operation_id="listTeams",
    **read_options(Part[TeamOut], 404, 422, visitors=True),
)
def list_teams(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Everybody's teams, the newest first."""
    competition = visible_or_404(request, slug)
    found = competition.teams.prefetch_related("members__user")
    part, after = pagination.paginate_rows(found, page, f"teams:{competition.pk}", "pk")
    return {"items": [_team_out(competition, team) for team in part], "next": after}


@router.get(
    "/competitions/{slug:slug}/teams/{slug:team_slug}",
    operation_id="getTeam",
    **read_options(TeamOut, 404, visitors=True),
)
def get_team(request: HttpRequest, slug: str, team_slug: str) -> TeamOut:
    """One team."""
    competition = visible_or_404(request, slug)
    found = competition.teams.prefetch_related("members__user")
    return _team_out(competition, get_object_or_404(found, slug=team_slug))


def _check_entry(request: ApiRequest, competition: Competition, membership: Membership) -> None:
    if refusal := rules.entry_refusal(request.user, competition, membership):
        raise Problem("not-allowed", refusal)


def _own_team_or_404(request: ApiRequest, competition: Competition) -> Team:
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    if team is None:
        raise Http404("no team")
    return team


def _team_out(competition: Competition, team: Team) -> TeamOut:
    team.competition = competition
    members = [member.user.get_username() for member in team.members.all()]
    return TeamOut(name=team.name, slug=team.slug, members=members, url=team.get_absolute_url())


def _own_team_out(request: HttpRequest, competition: Competition, team: Team) -> OwnTeamOut:
    team.competition = competition
    members = [user.get_username() for user in TeamMember.objects.users_of(team)]
    address = reverse("team-join", args=[competition.slug, team.token])
    return OwnTeamOut(
        name=team.name,
        slug=team.slug,
        members=members,
        url=team.get_absolute_url(),
        join_token=team.token,
        join_url=request.build_absolute_uri(address),
    )


def _renamed(problem: Problem, **names: str) -> Problem:
    """The problem with a form's fields under the names that they have here."""
    pointers = {f"#/{old}": f"#/{new}" for old, new in names.items()}
    errors = tuple(
        {**error, "pointer": pointers.get(error["pointer"], error["pointer"])} for error in problem.errors
    )
    return Problem(problem.kind, problem.detail, errors)
