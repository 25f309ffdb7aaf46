"""API of your notices, and of how you want to hear of things."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import Page
from bounty.api.schemas.common import Part, Strict
from bounty.models import Follow, Notice, NoticeKind, NoticePreference
from bounty.notifications import kinds, recipients
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader

router = Router(tags=["Notices"])


class NoticesQuery(Page):
    unread: bool = Field(False, description="Only what was not read yet.")


class NoticeOut(Schema):
    id: int
    kind: str
    subject: str
    body: str
    url: str = Field(description="Where it leads, on this site.")
    competition: str | None
    created_at: datetime
    read_at: datetime | None


class ReadIn(Strict):
    newest: int | None = Field(
        None, ge=1, le=LARGEST, description="The newest one that you have seen; later ones stay unread."
    )


class ReadOut(Schema):
    read: int = Field(description="How many were marked.")


class PreferenceOut(Schema):
    kind: str
    words: str
    on_site: bool
    mail: str = Field(description="now, daily or off")


class PreferencesOut(Schema):
    items: list[PreferenceOut]


class PreferenceIn(Strict):
    kind: NoticeKind
    on_site: bool
    mail: NoticePreference.Mail


class FollowIn(Strict):
    on: bool


class FollowOut(Schema):
    slug: str
    on: bool


@router.get("/notices", operation_id="listNotices", **read_options(Part[NoticeOut], 422))
def list_notices(request: ApiRequest, page: Annotated[NoticesQuery, Query()]) -> dict[str, Any]:
    """Yours, the newest first."""
    found = _own_notices(request)
    if page.unread:
        found = found.filter(read_at=None)
    part, after = pagination.paginate_rows(found, page, "notices", "created_at", "pk")
    return {"items": [_notice_out(notice) for notice in part], "next": after}


@router.post("/notices/read", operation_id="readNotices", **write_options(ReadOut))
def read_notices(request: ApiRequest, body: ReadIn) -> ReadOut:
    """Mark all as read, or all up to one."""
    unread = _own_notices(request).filter(read_at=None)
    if body.newest is not None:
        unread = unread.filter(pk__lte=body.newest)
    keys = list(unread.values_list("pk", flat=True))
    return ReadOut(read=Notice.objects.filter(pk__in=keys, read_at=None).update(read_at=timezone.now()))


@router.post("/notices/{int:number}/read", operation_id="readNotice", **write_options(NoticeOut, 404))
def read_notice(request: ApiRequest, number: int) -> NoticeOut:
    """Mark one as read."""
    notice = get_object_or_404(_own_notices(request), pk=min(number, LARGEST))
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return _notice_out(notice)


@router.get("/notices/preferences", operation_id="listPreferences", **read_options(PreferencesOut))
def list_preferences(request: ApiRequest) -> dict[str, Any]:
    """How you hear of each kind: on the site or not; by mail at once, once a day, or not."""
    return {"items": _preferences(request)}


@router.patch("/notices/preferences", operation_id="choosePreference", **write_options(PreferencesOut))
def choose_preference(request: ApiRequest, body: PreferenceIn) -> dict[str, Any]:
    """Choose for one kind."""
    NoticePreference.objects.update_or_create(
        user=request.user, kind=body.kind, defaults={"on_site": body.on_site, "mail": body.mail}
    )
    return {"items": _preferences(request)}


@router.get(f"{INSIDE}/follow", operation_id="getFollow", **read_options(FollowOut, 404))
def get_follow(request: ApiRequest, slug: str) -> FollowOut:
    """Whether you hear of this competition: who enters does, until they say no."""
    competition = visible_or_404(request, slug)
    return FollowOut(
        slug=slug,
        on=recipients.is_follower(request.user, competition, membership_of_reader(request, competition)),
    )


@router.put(f"{INSIDE}/follow", operation_id="follow", **write_options(FollowOut, 404))
def follow(request: ApiRequest, slug: str, body: FollowIn) -> FollowOut:
    """Hear of this competition, or not any longer."""
    competition = visible_or_404(request, slug)
    Follow.objects.update_or_create(user=request.user, competition=competition, defaults={"on": body.on})
    return FollowOut(slug=slug, on=body.on)


def _own_notices(request: ApiRequest) -> QuerySet[Notice]:
    return Notice.objects.for_reader(request.user).select_related("competition")


def _notice_out(notice: Notice) -> NoticeOut:
    return NoticeOut(
        id=notice.pk,
        kind=notice.kind,
        subject=notice.subject,
        body=notice.body,
        url=notice.url,
        competition=notice.competition.slug if notice.competition else None,
        created_at=notice.created_at,
        read_at=notice.read_at,
    )


def _preferences(request: ApiRequest) -> list[PreferenceOut]:
    chosen = {row.kind: row for row in NoticePreference.objects.filter(user=request.user)}
    return [
        PreferenceOut(
            kind=kind,
            words=str(label),
            on_site=chosen[kind].on_site if kind in chosen else True,
            mail=chosen[kind].mail if kind in chosen else kinds.DEFAULT_MAIL[kind],
        )
        for kind, label in NoticeKind.choices
    ]
