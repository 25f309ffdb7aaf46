"""API of competitions: the list, one, its rules, its columns, what its holdout can certify."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from bounty.api import pagination
from bounty.api.operations import read_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem
from bounty.api.schemas import competitions as schemas
from bounty.api.schemas.common import Part
from bounty.competitions import downloads
from bounty.people import teams
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.shared_model import queries
from bounty.shared_model.summary import declared_standings, summarize_losses

router = Router(tags=["Competitions"])


@router.get(
    "", operation_id="listCompetitions", **read_options(Part[schemas.CompetitionOut], 422, visitors=True)
)
def list_competitions(request: HttpRequest, page: PageQuery) -> dict[str, Any]:
    """All that you may see, the newest first."""
    found = sorted(queries.list_competitions(request.user), key=_newest)
    part, after = pagination.paginate_items(found, page, "competitions", _newest)
    return {
        "items": [schemas.competition_fields(listed, _standing(listed)) for listed in part],
        "next": after,
    }


def _newest(listed: queries.CompetitionRow) -> tuple[float, int]:
    return (-listed.competition.created_at.timestamp(), -listed.competition.pk)


def _standing(listed: queries.CompetitionRow) -> Any:
    if listed.base_loss is None or listed.head_loss is None:
        return None
    return summarize_losses(listed.competition, listed.base_loss, listed.head_loss, listed.accepted)


@router.get(
    "/{slug:slug}",
    operation_id="getCompetition",
    **read_options(schemas.CompetitionDetailOut, 404, visitors=True),
)
def get_competition(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One competition: what it asks, how the shared model stands overall and in its protected groups."""
    competition = visible_or_404(request, slug)
    versions = queries.present_versions(competition)
    groups = declared_standings(competition, competition.declared_groups.all(), versions)
    listed = queries.CompetitionRow(
        competition,
        competition.teams.count(),
        max(len(versions) - 1, 0),
        versions[0].practice_loss if versions else None,
        versions[-1].practice_loss if versions else None,
    )
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    return {
        **schemas.competition_fields(listed, _standing(listed)),
        "description": competition.description,
        "organiser": competition.organiser.get_username(),
        "task": schemas.task_out(competition),
        "groups": [schemas.group_out(group) for group in groups],
        "submissions_per_day": competition.submissions_per_day,
        "queries_per_team": competition.queries_per_team,
        "max_upload_bytes": competition.max_upload_bytes,
        "smallest_group": competition.smallest_group,
        "your_team": team.slug if team else None,
    }


@router.get(
    "/{slug:slug}/rules", operation_id="getRules", **read_options(schemas.RulesOut, 404, visitors=True)
)
def get_rules(request: HttpRequest, slug: str) -> schemas.RulesOut:
    """Rules and terms, who learns what of which rows, and the state of the certification blocks."""
    competition = visible_or_404(request, slug)
    return schemas.rules_out(competition, list(competition.blocks.all()))


@router.get(
    "/{slug:slug}/schema",
    operation_id="getSchema",
    **read_options(schemas.SchemaOut, 404, 409, visitors=True),
)
def get_schema(request: HttpRequest, slug: str) -> Any:
    """The columns that groups and patches see, the label and the loss."""
    competition = visible_or_404(request, slug)
    found = next((file for file in downloads.list_downloads(competition) if file.name == "schema.json"), None)
    path = downloads.local_file(competition, None, found) if found else None
    if path is None:
        raise Problem("conflict", _("There is no table yet."))
    return json.loads(path.read_text())


@router.get("/{slug:slug}/plan", operation_id="getPlan", **read_options(schemas.PlanOut, 404, visitors=True))
def get_plan(request: HttpRequest, slug: str) -> schemas.PlanOut:
    """What the holdout can certify as its ledger fills."""
    return schemas.plan_out(visible_or_404(request, slug))
