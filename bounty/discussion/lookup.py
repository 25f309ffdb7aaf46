"""Lookups of threads, posts and write-ups of an address for who may read them; Http404 for all others."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from bounty.discussion import permissions, read
from bounty.models import Competition, Post, Thread, WriteUp
from bounty.permissions.memberships import membership_of_reader


def thread_or_404(request: HttpRequest, competition: Competition, pk: int) -> Thread:
    """The thread of that number, where this person may read it. Raises Http404 otherwise."""
    rows = read.visible_threads(
        request.user, competition, membership=membership_of_reader(request, competition)
    )
    thread = get_object_or_404(rows, pk=pk)
    thread.competition = competition
    return thread


def post_or_404(request: HttpRequest, competition: Competition, pk: int) -> Post:
    """The post of that number, where this person may read it and its thread. Raises Http404 otherwise."""
    post = get_object_or_404(Post.objects.select_related("thread", "author"), pk=pk)
    post.thread = thread_or_404(request, competition, post.thread_id)
    if not permissions.can_read(request.user, post, competition, membership_of_reader(request, competition)):
        raise Http404("no such post")
    return post


def write_up_or_404(request: HttpRequest, competition: Competition, team_slug: str) -> WriteUp:
    """A team's write-up, where this person may read it or is on the team. Raises Http404 otherwise."""
    rows = WriteUp.objects.select_related("team", "author")
    written = get_object_or_404(rows, team__competition=competition, team__slug=team_slug)
    written.competition = written.team.competition = competition
    membership = membership_of_reader(request, competition)
    on_team = membership.team_id == written.team_id
    if not (on_team or permissions.can_read(request.user, written, competition, membership)):
        raise Http404("no such write-up")
    return written
