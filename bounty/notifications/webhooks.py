"""Adding web hooks: a person's own, and a competition's, which its organisers share."""

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
MOST = 5


def offered(competition: Competition | None) -> list[str]:
    """The kinds of notices that a person's hook, or a competition's, can hear of."""
    return [str(kind) for kind in (NoticeKind.values if competition is None else kinds.FOR_COMPETITIONS)]


def present(owner: User, competition: Competition | None) -> QuerySet[WebHook]:
    """The person's own, or all of the competition."""
    rows = WebHook.objects.filter(competition=competition)
    return rows.filter(owner=owner) if competition is None else rows


def add(owner: User, competition: Competition | None, url: str, wanted: Sequence[str]) -> WebHook:
    """A new one; the address and kinds were checked by HookForm. Raises Refusal where there are too many."""
    if present(owner, competition).count() >= MOST:
        raise Refusal(_("There are %(count)d web hooks already; remove one first.") % {"count": MOST})
    return WebHook.objects.create(owner=owner, competition=competition, url=url, kinds=list(wanted))
