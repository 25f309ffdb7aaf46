"""API of your tokens, and of pages of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.models import ApiToken
from bounty.people import api_tokens, profiles
from bounty.people.api_tokens import Scope

router = Router(tags=["People"])


class TokenOut(Schema):
    id: int
    name: str
    prefix: str = Field(description="How it begins; the rest is kept nowhere.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class ProfileOut(Schema):
    """What you may read of a person."""

    username: str
    bio: str = Field(description="Markdown.")
    visibility: str = Field(description="everybody, members or nobody")
    competitions: list[str]
    patches: list[str] = Field(description="Addresses of accepted patches of theirs and of their teams.")
    findings: list[str]
    write_ups: list[str]


class ProfileIn(Strict):
    bio: str = Field(max_length=profiles.MOST_CHARACTERS)
    visibility: Literal["everybody", "members", "nobody"]


@router.get("/tokens", operation_id="listTokens", **read_options(Part[TokenOut], 422))
def list_tokens(request: ApiRequest, page: PageQuery) -> dict[str, Any]:
    """Yours that were not revoked, the newest first. They are made on the site alone."""
    rows = ApiToken.objects.filter(user=request.user, revoked_at=None)
    part, after = pagination.paginate_rows(rows, page, "tokens", "pk")
    return {"items": part, "next": after}


@router.delete(
    "/tokens/{int:number}", operation_id="revokeToken", **write_options(DoneOut, 404, scope=Scope.ACCOUNT)
)
def revoke_token(request: ApiRequest, number: int) -> DoneOut:
    """End one at once, also the one that you use."""
    if not api_tokens.revoke_token(request.user, min(number, LARGEST), timezone.now()):
        raise Http404("no such token")
    return DoneOut()


@router.get("/people/{username}", operation_id="getPerson", **read_options(ProfileOut, 404, visitors=True))
def get_person(request: HttpRequest, username: str) -> ProfileOut:
    """A person's page, where they let you see it and have done something that you may read."""
    page = profiles.profile_page(request.user, username)
    if page is None:
        raise Http404("no such person")
    return _profile_out(page)


@router.put(
    "/me/profile", operation_id="changeProfile", **write_options(ProfileOut, 409, scope=Scope.ACCOUNT)
)
def change_profile(request: ApiRequest, body: ProfileIn) -> ProfileOut:
    """What you tell of yourself, and to whom."""
    profiles.change_profile(request.user, body.bio, body.visibility)
    page = profiles.profile_page(request.user, request.user.get_username())
    if page is None:
        raise Http404("no such person")
    return _profile_out(page)


def _profile_out(page: profiles.ProfilePage) -> ProfileOut:
    return ProfileOut(
        username=page.person.get_username(),
        bio=page.profile.bio,
        visibility=page.profile.visibility,
        competitions=[each.slug for each in page.competitions],
        patches=[each.submission.get_absolute_url() for each in page.patches],
        findings=[each.submission.get_absolute_url() for each in page.findings],
        write_ups=[each.get_absolute_url() for each in page.write_ups],
    )
