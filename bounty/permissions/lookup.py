"""Rows of a request's address for who may have them; raises Http404 for all others, to whom they do not exist."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from bounty.models import Competition, Submission
from bounty.permissions import rules, visibility
from bounty.permissions.memberships import membership_of_reader


def visible_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, where this person may see it; to all others it does not exist."""
    competition = get_object_or_404(Competition, slug=slug)
    if not rules.can_view(request.user, competition, membership_of_reader(request, competition)):
        raise Http404("no such competition")
    return competition


def moderated_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, for who may moderate it: 404 where they may not see it, 403 where they may not moderate."""
    competition = visible_or_404(request, slug)
    if why := rules.moderation_refusal(request.user, competition, membership_of_reader(request, competition)):
        raise PermissionDenied(why)
    return competition


def organised_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, for its organisers and superusers: 404 where they may not see it, 403 for others."""
    competition = visible_or_404(request, slug)
    rules.check_organiser(competition, request.user, membership_of_reader(request, competition))
    return competition


def submission_or_404(request: HttpRequest, slug: str, key: UUID, permission: str) -> Submission:
    """The submission, where this person holds the permission; to all others it does not exist."""
    competition = visible_or_404(request, slug)
    submission = get_object_or_404(
        Submission.objects.select_related("team", "author", "verdict", "supersedes"),
        pk=key,
        competition=competition,
    )
    submission.competition = submission.team.competition = competition
    if not visibility.reader_may_see(request, permission, submission):
        raise Http404("no such submission")
    return submission
