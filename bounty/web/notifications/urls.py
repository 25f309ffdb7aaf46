"""Addresses of notices, their settings, web hooks and feeds."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.notifications import feeds, inbox, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", inbox.show, name="notices"),
    path("notices/all-read/", inbox.read_all, name="notices-read"),
    path("notices/<int:pk>/read/", inbox.read, name="notice-read"),
    path("notices/settings/", inbox.choose, name="notice-settings"),
    path("notices/unsubscribe/<str:token>/", inbox.unsubscribe, name="unsubscribe"),
    path("notices/feeds/", inbox.renew_feeds, name="feeds-renew"),
    path("notices/hooks/new/", webhooks.add, name="hook-new"),
    path("notices/hooks/<int:pk>/", webhooks.show, name="hook"),
    path("notices/deliveries/<uuid:key>/again/", webhooks.again, name="delivery-again"),
    path("c/<slug:slug>/hooks/", webhooks.add_to_competition, name="competition-hooks"),
    path("c/<slug:slug>/follow/", inbox.follow, name="follow"),
    path("accepted.atom", feeds.SiteFeed(), name="feed"),
    path("c/<slug:slug>/accepted.atom", feeds.CompetitionFeed(), name="competition-feed"),
    path("c/<slug:slug>/accepted/<str:token>.atom", feeds.PrivateFeed(), name="private-feed"),
]
