"""What the organiser's views have in common: whose draft it is, who organises here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from bounty.competitions import phases
from bounty.models import Competition, CompetitionDraft
from bounty.web.competitions.competitions import visible_or_404

if TYPE_CHECKING:
    from bounty.web.requests import PersonRequest


def own_draft(request: PersonRequest, key: UUID) -> CompetitionDraft:
    """The person's own draft; to everybody else, superusers too, it does not exist."""
    drafts = CompetitionDraft.objects.select_related("owner", "competition", "source")
    return get_object_or_404(drafts, key=key, owner=request.user)


def organised(request: HttpRequest, slug: str) -> Competition:
    """The competition, for its organisers and superusers. Http404 or PermissionDenied for others."""
    competition = visible_or_404(request, slug)
    phases.check_organiser(competition, request.user)  # type: ignore[arg-type]
    return competition
