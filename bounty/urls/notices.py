"""What people want to hear of, and how it reaches them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.views import feeds, hooks, notices

addresses: list[URLPattern | URLResolver] = [
    path("notices/", notices.show, name="notices"),
    path("notices/all-read/", notices.read_all, name="notices-read"),
    path("notices/<int:pk>/read/", notices.read, name="notice-read"),
    path("notices/settings/", notices.choose, name="notice-settings"),
    path("notices/unsubscribe/<str:token>/", notices.unsubscribe, name="unsubscribe"),
    path("notices/feeds/", notices.renew_feeds, name="feeds-renew"),
    path("notices/hooks/new/", hooks.add, name="hook-new"),
    path("notices/hooks/<int:pk>/", hooks.show, name="hook"),
    path("notices/deliveries/<uuid:key>/again/", hooks.again, name="delivery-again"),
    path("c/<slug:slug>/hooks/", hooks.add_to_competition, name="competition-hooks"),
    path("c/<slug:slug>/follow/", notices.follow, name="follow"),
    path("accepted.atom", feeds.SiteFeed(), name="feed"),
    path("c/<slug:slug>/accepted.atom", feeds.CompetitionFeed(), name="competition-feed"),
    path("c/<slug:slug>/accepted/<str:token>.atom", feeds.PrivateFeed(), name="private-feed"),
]
