"""Web hooks of a person, and of a competition, which its organisers share: lists them and adds one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Competition, NoticeKind, WebHook
from bounty.notifications import kinds

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Hooks a person, and a competition, may have.
MOST_HOOKS = 5


def offered_kinds(competition: Competition | None) -> list[str]:
    """The kinds of notices that a person's hook, or a competition's, can hear of."""
    return [
        str(kind) for kind in (NoticeKind.values if competition is None else kinds.COMPETITION_HOOK_KINDS)
    ]


def hooks_of(owner: User, competition: Competition | None) -> QuerySet[WebHook]:
    """The person's own hooks, or all of the competition."""
    rows = WebHook.objects.filter(competition=competition)
    return rows.filter(owner=owner) if competition is None else rows


def add_hook(owner: User, competition: Competition | None, url: str, wanted: Sequence[str]) -> WebHook:
    """Writes a new hook; the address and kinds were checked by WebHookForm. Raises Refusal where there are too
    many.
    """
    if hooks_of(owner, competition).count() >= MOST_HOOKS:
        raise Refusal(_("There are %(count)d web hooks already; remove one first.") % {"count": MOST_HOOKS})
    return WebHook.objects.create(owner=owner, competition=competition, url=url, kinds=list(wanted))
