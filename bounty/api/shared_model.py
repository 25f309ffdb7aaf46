"""API of the shared model: how it stands, its versions, its story, the file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router, Schema

from bounty.api import files, pagination
from bounty.api.operations import INSIDE, read_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import LossOut, Part, TranslatedOut, loss_out
from bounty.core.measures import scale_of
from bounty.models import ModelVersion
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.shared_model import model_file, queries
from bounty.shared_model.summary import measure_loss, practice_sample, summarize_versions
from bounty.stories.timeline import latest_events

router = Router(tags=["Model"])


class ModelOut(Schema):
    """`version` is null before there is a base model."""

    version: int | None
    nodes: int
    start: LossOut | None
    now: LossOut | None
    base_words: str
    may_download: bool


class VersionOut(Schema):
    number: int
    team: str | None
    submission: int | None
    words: str
    note: str
    nodes: int
    practice_loss: LossOut
    explore_loss: float
    final_loss: float | None
    created_at: datetime


class EventOut(TranslatedOut):
    at: datetime
    kind: str
    team: str
    title: str
    words: str
    expression: str
    note: str


@router.get(f"{INSIDE}/model", operation_id="getModel", **read_options(ModelOut, 404, visitors=True))
def get_model(request: HttpRequest, slug: str) -> ModelOut:
    """The present version, and its loss beside the base model's on practice rows."""
    competition = visible_or_404(request, slug)
    versions = queries.present_versions(competition)
    standing = summarize_versions(competition, versions)
    return ModelOut(
        version=versions[-1].number if versions else None,
        nodes=len(versions[-1].nodes_json) if versions else 0,
        start=loss_out(standing.start) if standing else None,
        now=loss_out(standing.now) if standing else None,
        base_words=competition.base.words,
        may_download=rules.can_download_model(
            request.user, competition, membership_of_reader(request, competition)
        ),
    )


@router.get(
    f"{INSIDE}/model/versions",
    operation_id="listVersions",
    **read_options(Part[VersionOut], 404, 422, visitors=True),
)
def list_versions(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Every version of the present list, the newest first."""
    competition = visible_or_404(request, slug)
    found = competition.versions.current().select_related("submission__team")
    name = f"versions:{competition.pk}:{competition.generation}"
    part, after = pagination.paginate_rows(found, page, name, "number")
    if not part:
        return {"items": [], "next": None}
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    items = [
        _version_out(version, loss_out(measure_loss(version.practice_loss, sample.rows, scale, sample)))
        for version in part
    ]
    return {"items": items, "next": after}


def _version_out(version: ModelVersion, loss: LossOut) -> VersionOut:
    submission = version.submission
    return VersionOut(
        number=version.number,
        team=submission.team.slug if submission else None,
        submission=submission.number if submission else None,
        words=submission.words if submission else "",
        note=version.note,
        nodes=len(version.nodes_json),
        practice_loss=loss,
        explore_loss=version.explore_loss,
        final_loss=version.final_loss,
        created_at=version.created_at,
    )


@router.get(
    f"{INSIDE}/model/story", operation_id="getStory", **read_options(Part[EventOut], 404, 422, visitors=True)
)
def get_story(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """What happened, in sentences: accepted patches and confirmed findings, the newest first."""
    competition = visible_or_404(request, slug)
    versions = queries.present_versions(competition)
    findings = list(queries.shown_findings(competition))
    events = latest_events(competition, versions, findings, limit=len(versions) + len(findings))
    part, after = pagination.paginate_items(
        events,
        page,
        f"story:{competition.pk}",
        lambda event: (-event.at.timestamp(), event.title, event.expression),
    )
    return {"items": [EventOut.from_orm(event) for event in part], "next": after}


@router.get(
    f"{INSIDE}/model/download",
    operation_id="downloadModel",
    **read_options(None, 403, 404, 503, visitors=True, **files.describe_file_answer("application/zip")),
)
def download_model(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The present version as a zip for `PointerDecisionList.load`, where the competition lets you have it."""
    competition = visible_or_404(request, slug)
    return model_file.model_file_response(
        competition, request.user, membership_of_reader(request, competition)
    )
