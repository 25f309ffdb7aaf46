"""Atom feeds of accepted patches: of the site, of one competition, and privately of one by invitation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from bounty.models import Competition, FeedToken, ModelVersion
from bounty.notifications.send import absolute_url
from bounty.permissions import rules, visibility
from bounty.stories.timeline import version_event

SHOWN = 50
# What XML cannot hold: one such character in a team's name would end the feed for everybody.
_NOT_XML = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)), "\ufffd"
)


@dataclass(frozen=True)
class FeedEntry:
    """One accepted patch, in words."""

    title: str
    text: str
    path: str
    at: datetime
    author: str
    key: str


def list_entries(versions: Sequence[ModelVersion]) -> list[FeedEntry]:
    """Entries of versions, newest first; the versions come in the order of their numbers, each after the one before
    it.
    """
    told = []
    for before, version in pairwise(versions):
        submission = version.submission
        if before.competition_id != version.competition_id or submission is None:
            continue
        if visibility.is_embargoed(submission):
            continue
        competition = version.competition
        event = version_event(competition, version, before)
        group = submission.words or submission.expression or _("a group that only its code describes")
        told.append(
            FeedEntry(
                title=_plain(_("%(team)s: %(group)s") % {"team": submission.team.name, "group": group}),
                text=_plain(f"{competition.title}: {event.title}. {event.note}".strip()),
                path=submission.get_absolute_url(),
                at=event.at,
                author=_plain(submission.team.name),
                key=f"{submission.pk}",
            )
        )
    return sorted(told, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def _plain(text: str) -> str:
    return text.translate(_NOT_XML)


def _newest(competition: Competition) -> list[ModelVersion]:
    """The last versions of the present list, oldest first, and the one before them."""
    rows = competition.versions.current()
    rows = rows.select_related("submission__team", "submission__competition").order_by("-number")
    versions = list(rows[: SHOWN + 1])[::-1]
    for version in versions:
        version.competition = competition
    return versions


class _Accepted(Feed):
    feed_type = Atom1Feed
    language = "en"

    def get_feed(self, obj: Any, request: HttpRequest) -> Any:
        feed = super().get_feed(obj, request)
        # Addresses are the site's own, whatever host the request named.
        feed.feed["link"] = absolute_url(self.link_of(obj))
        feed.feed["feed_url"] = absolute_url(request.path)
        feed.feed["id"] = absolute_url(self.link_of(obj))
        return feed

    def link_of(self, obj: Any) -> str:
        """The page that the feed is of."""
        return reverse("home")

    def link(self, obj: Any) -> str:
        return self.link_of(obj)

    def item_title(self, item: FeedEntry) -> str:
        return item.title

    def item_description(self, item: FeedEntry) -> str:
        return item.text

    def item_link(self, item: FeedEntry) -> str:
        return absolute_url(item.path)

    def item_guid(self, item: FeedEntry) -> str:
        return f"urn:uuid:{item.key}"

    def item_author_name(self, item: FeedEntry) -> str:
        return item.author

    def item_pubdate(self, item: FeedEntry) -> datetime:
        return item.at

    def item_updateddate(self, item: FeedEntry) -> datetime:
        return item.at


class SiteFeed(_Accepted):
    """The feed of every public competition."""

    subtitle = "Accepted patches of all public competitions"

    def title(self, obj: Any) -> str:
        return _("Accepted patches · Bias Bounty")

    def items(self, obj: Any) -> list[FeedEntry]:
        public = Competition.objects.publicly_visible()
        newest = (
            ModelVersion.objects.filter(competition__in=public, number__gt=0)
            .order_by("-created_at")
            .values_list("competition", flat=True)[:SHOWN]
        )
        found: list[FeedEntry] = []
        for competition in Competition.objects.filter(pk__in=set(newest)):
            found += list_entries(_newest(competition))
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:SHOWN]


class CompetitionFeed(_Accepted):
    """The feed of one public competition."""

    def get_object(self, request: HttpRequest, slug: str) -> Competition:
        competition = get_object_or_404(Competition, slug=slug)
        if not competition.is_publicly_visible:
            raise Http404("no such competition")
        return competition

    def title(self, obj: Competition) -> str:
        return _plain(_("Accepted patches · %(title)s") % {"title": obj.title})

    def subtitle(self, obj: Competition) -> str:
        return _plain(obj.summary)

    def link_of(self, obj: Competition) -> str:
        return obj.get_absolute_url()

    def items(self, obj: Competition) -> list[FeedEntry]:
        return list_entries(_newest(obj))


class PrivateFeed(CompetitionFeed):
    """The same for feed readers, which cannot log in: the token says who asks, and they may see what they may see."""

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def get_object(self, request: HttpRequest, slug: str, token: str) -> Competition:  # type: ignore[override]
        known = get_object_or_404(FeedToken.objects.select_related("user"), token=token)
        competition = get_object_or_404(Competition, slug=slug)
        if not known.user.is_active or not rules.can_view(known.user, competition):
            raise Http404("no such competition")
        return competition
