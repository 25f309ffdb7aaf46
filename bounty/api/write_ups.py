"""API of teams' write-ups: how they found what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.discussion import read, write
from bounty.discussion.lookup import write_up_or_404
from bounty.models import Team, WriteUp
from bounty.permissions.lookup import visible_or_404

router = Router(tags=["Discussion"])

ONE = f"{INSIDE}/teams/{{slug:team_slug}}/write-up"


class WriteUpOut(Schema):
    id: int
    team: str
    author: str
    title: str
    text: str = Field(description="Markdown.")
    state: str = Field(description="shown, held, hidden or deleted")
    reason: str
    created_at: datetime
    edited_at: datetime | None
    url: str


class WriteUpIn(Strict):
    title: str = Field(pattern=r"\S", max_length=120)
    text: str = Field(pattern=r"\S", max_length=write.MOST_CHARACTERS_WRITE_UP, description="Markdown.")


@router.get(
    f"{INSIDE}/write-ups",
    operation_id="listWriteUps",
    **read_options(Part[WriteUpOut], 404, 422, visitors=True),
)
def list_write_ups(request: HttpRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """All that everybody reads, the newest first."""
    competition = visible_or_404(request, slug)
    rows = read.shown_write_ups(competition)
    part, after = pagination.paginate_rows(rows, page, f"write-ups:{competition.pk}", "created_at", "pk")
    for written in part:
        written.competition = competition
    return {"items": [_write_up_out(written) for written in part], "next": after}


@router.get(ONE, operation_id="getWriteUp", **read_options(WriteUpOut, 404, visitors=True))
def get_write_up(request: HttpRequest, slug: str, team_slug: str) -> WriteUpOut:
    """One team's."""
    return _write_up_out(write_up_or_404(request, visible_or_404(request, slug), team_slug))


@router.put(ONE, operation_id="writeUp", **write_options(WriteUpOut, 404, 409))
def write_up(request: ApiRequest, slug: str, team_slug: str, body: WriteUpIn) -> WriteUpOut:
    """Write your team's, or another wording of it; earlier ones are kept and can be read."""
    competition = visible_or_404(request, slug)
    team = get_object_or_404(Team, competition=competition, slug=team_slug)
    team.competition = competition
    write.save_write_up(team, body.title, body.text, request.user)
    return _write_up_out(write_up_or_404(request, competition, team_slug))


@router.delete(ONE, operation_id="deleteWriteUp", **write_options(DoneOut, 404, 409))
def delete_write_up(request: ApiRequest, slug: str, team_slug: str) -> DoneOut:
    """Take your team's back."""
    written = write_up_or_404(request, visible_or_404(request, slug), team_slug)
    write.delete_write_up(written, request.user)
    return DoneOut()


def _write_up_out(written: WriteUp) -> WriteUpOut:
    return WriteUpOut(
        id=written.pk,
        team=written.team.slug,
        author=written.author.get_username(),
        title=written.title,
        text=written.text,
        state=written.state,
        reason=written.reason,
        created_at=written.created_at,
        edited_at=written.edited_at,
        url=written.get_absolute_url(),
    )
