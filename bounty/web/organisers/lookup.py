"""Lookup of a person's own draft."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import get_object_or_404

from bounty.models import CompetitionDraft

if TYPE_CHECKING:
    from bounty.web.requests import PersonRequest


def own_draft_or_404(request: PersonRequest, key: UUID) -> CompetitionDraft:
    """The person's own draft; to everybody else, superusers too, it does not exist."""
    drafts = CompetitionDraft.objects.select_related("owner", "competition", "source")
    return get_object_or_404(drafts, key=key, owner=request.user)
