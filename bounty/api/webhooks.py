"""API of web hooks: addresses of yours, or of a competition that you organise, that hear of notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination, problems
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.models import Competition, Delivery, WebHook
from bounty.notifications import send, webhook_delivery, webhooks
from bounty.notifications.webhook_form import WebHookForm
from bounty.people.api_tokens import Scope
from bounty.permissions import rules
from bounty.permissions.lookup import organised_or_404

router = Router(tags=["Web hooks"])


class HookIn(Strict):
    url: str = Field(max_length=500, description="An https:// address on the open internet.")
    kinds: list[str] = Field(min_length=1, max_length=30, description="Kinds of notices.")


class HookOut(Schema):
    id: int
    url: str
    kinds: list[str]
    active: bool
    disabled_reason: str
    competition: str | None
    created_at: datetime


class NewHookOut(HookOut):
    secret: str = Field(description="Signs every message; the web hook's page shows it again.")


class SwitchIn(Strict):
    active: bool


class DeliveryOut(Schema):
    id: UUID
    kind: str
    state: str
    attempts: int
    status: int | None = Field(description="The receiver's last answer.")
    error: str
    created_at: datetime
    delivered_at: datetime | None


@router.get("/hooks", operation_id="listHooks", **read_options(Part[HookOut], 422))
def list_hooks(request: ApiRequest, page: PageQuery) -> dict[str, Any]:
    """Your own, the newest first."""
    return _list_hooks(request, None, page, "hooks")


@router.post(
    "/hooks", operation_id="addHook", **write_options(NewHookOut, 409, scope=Scope.ACCOUNT, status=201)
)
def add_hook(request: ApiRequest, body: HookIn) -> Status[NewHookOut]:
    """Have an address of yours hear of what you are told."""
    return _add_hook(request, None, body)


@router.get(
    f"{INSIDE}/hooks", operation_id="listCompetitionHooks", **read_options(Part[HookOut], 403, 404, 422)
)
def list_competition_hooks(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """The competition's, for its organisers."""
    competition = organised_or_404(request, slug)
    return _list_hooks(request, competition, page, f"hooks:{competition.pk}")


@router.post(
    f"{INSIDE}/hooks",
    operation_id="addCompetitionHook",
    **write_options(NewHookOut, 404, 409, scope=Scope.ORGANISE, status=201),
)
def add_competition_hook(request: ApiRequest, slug: str, body: HookIn) -> Status[NewHookOut]:
    """Have an address hear of what happens in the competition; its organisers share it."""
    competition = organised_or_404(request, slug)
    return _add_hook(request, competition, body)


@router.patch(
    "/hooks/{int:number}", operation_id="switchHook", **write_options(HookOut, 404, scope=Scope.ACCOUNT)
)
def switch_hook(request: ApiRequest, number: int, body: SwitchIn) -> HookOut:
    """Switch it on or off."""
    hook = _hook_or_404(request, number)
    if body.active:
        webhook_delivery.switch_hook_on(hook)
    else:
        WebHook.objects.filter(pk=hook.pk).update(active=False, disabled_reason="")
    hook.refresh_from_db()
    return HookOut(**_hook_fields(hook))


@router.delete(
    "/hooks/{int:number}", operation_id="removeHook", **write_options(DoneOut, 404, scope=Scope.ACCOUNT)
)
def remove_hook(request: ApiRequest, number: int) -> DoneOut:
    """It hears of nothing any more; its log goes too."""
    _hook_or_404(request, number).delete()
    return DoneOut()


@router.post(
    "/hooks/{int:number}/test", operation_id="testHook", **write_options(DoneOut, 404, scope=Scope.ACCOUNT)
)
def test_hook(request: ApiRequest, number: int) -> DoneOut:
    """Send it a message that says only that it is a test; the log tells what became of it."""
    webhook_delivery.send_test_message(_hook_or_404(request, number))
    send.wake_worker()
    return DoneOut()


@router.get(
    "/hooks/{int:number}/deliveries",
    operation_id="listDeliveries",
    **read_options(Part[DeliveryOut], 404, 422),
)
def list_deliveries(request: ApiRequest, number: int, page: PageQuery) -> dict[str, Any]:
    """Its log, the newest first."""
    hook = _hook_or_404(request, number)
    rows = Delivery.objects.filter(hook=hook)
    part, after = pagination.paginate_rows(rows, page, f"deliveries:{hook.pk}", "created_at", "pk")
    return {"items": part, "next": after}


def _list_hooks(request: ApiRequest, competition: Competition | None, page: Any, name: str) -> dict[str, Any]:
    rows = webhooks.hooks_of(request.user, competition).select_related("competition")
    part, after = pagination.paginate_rows(rows, page, name, "pk")
    return {"items": [_hook_fields(hook) for hook in part], "next": after}


def _add_hook(request: ApiRequest, competition: Competition | None, body: HookIn) -> Status[NewHookOut]:
    form = WebHookForm({"url": body.url, "kinds": body.kinds}, offered=webhooks.offered_kinds(competition))
    if not form.is_valid():
        raise problems.form_problem(form)
    given = form.cleaned_data
    hook = webhooks.add_hook(request.user, competition, given["url"], given["kinds"])
    return Status(201, NewHookOut(**_hook_fields(hook), secret=hook.secret))


def _hook_or_404(request: ApiRequest, number: int) -> WebHook:
    """The hook, for whom it belongs to; to all others it does not exist."""
    rows = WebHook.objects.select_related("competition", "owner")
    hook: WebHook = get_object_or_404(rows, pk=min(number, LARGEST))
    if not rules.may_change_hook(request.user, hook):
        raise problems.not_found()
    return hook


def _hook_fields(hook: WebHook) -> dict[str, Any]:
    return {
        "id": hook.pk,
        "url": hook.url,
        "kinds": list(hook.kinds),
        "active": hook.active,
        "disabled_reason": hook.disabled_reason,
        "competition": hook.competition.slug if hook.competition else None,
        "created_at": hook.created_at,
    }
