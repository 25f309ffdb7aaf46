"""Lookup of the rows in a request's address; raises Http404 for all who may not see them, to whom they do not
exist.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from bounty.models import Competition, Submission
from bounty.permissions import rules, visibility
from bounty.permissions.memberships import membership_of_reader


def visible_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, where this person may see it. Raises Http404 for all others."""
    competition = get_object_or_404(Competition, slug=slug)
    if not rules.can_view(request.user, competition, membership_of_reader(request, competition)):
        raise Http404("no such competition")
    return competition


def moderated_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, for its moderators. Raises Http404 where they may not see it, PermissionDenied where not
    moderate.
    """
    competition = visible_or_404(request, slug)
    if why := rules.moderation_refusal(request.user, competition, membership_of_reader(request, competition)):
        raise PermissionDenied(why)
    return competition


def organised_or_404(request: HttpRequest, slug: str) -> Competition:
    """The competition, for its organisers and superusers. Raises Http404 where it is hidden, PermissionDenied for
    others.
    """
    competition = visible_or_404(request, slug)
    rules.check_organiser(competition, request.user, membership_of_reader(request, competition))
    return competition


def submission_or_404(request: HttpRequest, slug: str, key: UUID, permission: str) -> Submission:
    """The submission, where this person holds the permission. Raises Http404 for all others."""
    competition = visible_or_404(request, slug)
    submission = get_object_or_404(
        Submission.objects.select_related("team", "author", "verdict", "supersedes"),
        pk=key,
        competition=competition,
    )
    submission.competition = submission.team.competition = competition
    if not visibility.reader_may_see_submission(request, permission, submission):
        raise Http404("no such submission")
    return submission
