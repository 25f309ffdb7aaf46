"""API of the public rows' files, and of a group's preview on the explore rows. No secret row is read here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bounty.api import files, problems
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.schemas.common import IntervalOut, Strict, interval_out
from bounty.competitions import downloads
from bounty.exploration import preview as previews
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import visible_or_404

router = Router(tags=["Data"])


class DownloadOut(Schema):
    name: str
    holds: str
    rows: int | None
    content_type: str
    url: str


class DownloadsOut(Schema):
    items: list[DownloadOut]


class PreviewIn(Strict):
    expression: str = Field(description="The group, for example: AGE >= 50 and SEX == 'female'.")


class PreviewOut(Schema):
    """The group on the explore rows: its size, and the present model's mean loss in it and elsewhere (95%)."""

    words: str
    expression: str
    rows: int
    of_rows: int
    share: float
    smallest: int
    verdict: str = Field(description="empty, everyone, small, worse, better or unclear")
    inside: IntervalOut | None
    outside: IntervalOut | None
    gap: IntervalOut | None


@router.get(f"{INSIDE}/data", operation_id="listData", **read_options(DownloadsOut, 404, visitors=True))
def list_data(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The files of public rows."""
    competition = visible_or_404(request, slug)
    items = [
        {
            "name": file.name,
            "holds": str(file.holds),
            "rows": file.rows,
            "content_type": file.content_type,
            "url": f"{request.path}/{file.name}",
        }
        for file in downloads.list_downloads(competition)
    ]
    return {"items": items}


@router.get(
    f"{INSIDE}/data/{{name}}",
    operation_id="downloadData",
    **read_options(
        None,
        404,
        503,
        visitors=True,
        **files.describe_file_answer("application/octet-stream", "text/csv", "application/json"),
    ),
)
def download_data(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """One file of public rows, whole."""
    return downloads.file_response(visible_or_404(request, slug), name)


@router.post(
    f"{INSIDE}/preview", operation_id="preview", **write_options(PreviewOut, 404, 409, scope=Scope.READ)
)
def preview(request: ApiRequest, slug: str, body: PreviewIn) -> PreviewOut:
    """Look at a group on the explore rows. It costs nothing and tells nothing of secret rows."""
    competition = visible_or_404(request, slug)
    if not competition.layout_json or not competition.versions.exists():
        raise problems.Problem("conflict", _("There is no model yet."))
    if not previews.is_within_preview_rate(str(request.user.pk)):
        raise problems.too_many_requests(previews.PER_SECONDS)
    shown = previews.preview_group(competition, body.expression)
    return PreviewOut(
        words=shown.words,
        expression=shown.text,
        rows=shown.rows,
        of_rows=shown.of_rows,
        share=shown.share,
        smallest=shown.smallest,
        verdict=shown.verdict,
        inside=interval_out(shown.inside),
        outside=interval_out(shown.outside),
        gap=interval_out(shown.gap),
    )
