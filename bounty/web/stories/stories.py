"""Views of accepted patches and confirmed findings, each at an address that can be cited, and of open harms."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from bounty.core.measures import scale_of
from bounty.models import Competition, TeamMember
from bounty.people import profiles
from bounty.permissions.lookup import visible_or_404
from bounty.shared_model import open_findings as harms
from bounty.shared_model import queries
from bounty.stories import citation, permalinks
from bounty.web import fragment_cache


@require_safe
def patch_story(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The story of an accepted patch."""
    return _story(request, slug, number, permalinks.PATCH)


@require_safe
def finding_story(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The story of a confirmed finding."""
    return _story(request, slug, number, permalinks.FINDING)


def _story(request: HttpRequest, slug: str, number: int, kind: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    submission = (
        permalinks.find_story_submission(request.user, competition, number, kind) if number < 2**31 else None
    )
    if submission is None:
        raise Http404("no such story")
    gone, head = permalinks.find_removal(submission), queries.head_version(competition)
    address = request.build_absolute_uri(reverse(permalinks.story_url_name(submission), args=[slug, number]))
    context: dict[str, Any] = {
        "competition": competition,
        "submission": submission,
        "kind": kind,
        "gone": gone,
        "address": address,
        "citation": citation.cite_submission(submission, address, taken_out=gone is not None),
    }
    if gone is None and head is not None:
        members = TeamMember.objects.users_of(submission.team)
        context |= {
            "story": permalinks.build_story(submission, head),
            "scale": scale_of(competition.loss),
            "members": members,
            "pages": profiles.visible_profiles(request.user, members),
        }
    return render(request, "stories/story.html", context)


@require_safe
def open_harms(request: HttpRequest, slug: str) -> HttpResponse:
    """Groups whom the present model is still known to fail."""
    competition = visible_or_404(request, slug)

    def render_part() -> str:
        return render_to_string("stories/_harms.html", _harms(competition), request)

    body = fragment_cache.cached_fragment(competition, "harms", (), render_part)
    return render(request, "stories/harms.html", {"competition": competition, "body": body})


def _harms(competition: Competition) -> dict[str, Any]:
    head = queries.head_version(competition)
    if head is None:
        return {"competition": competition}
    found = harms.open_findings(competition, head)
    for harm in found:
        harm.finding.competition = harm.finding.team.competition = competition
    return {
        "competition": competition,
        "head": head,
        "found": found,
        "worse": harms.worsened_groups(competition, head),
        "scale": scale_of(competition.loss),
    }
