"""Addresses of notices, their settings, web hooks and feeds."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.notifications import feeds, inbox, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", inbox.notice_index, name="notices"),
    path("notices/all-read/", inbox.mark_all_read, name="notices-read"),
    path("notices/<int:pk>/read/", inbox.read_notice, name="notice-read"),
    path("notices/settings/", inbox.edit_notice_settings, name="notice-settings"),
    path("notices/unsubscribe/<str:token>/", inbox.unsubscribe, name="unsubscribe"),
    path("notices/feeds/", inbox.renew_feed_token, name="feeds-renew"),
    path("notices/hooks/new/", webhooks.add_own_hook, name="hook-new"),
    path("notices/hooks/<int:pk>/", webhooks.hook_detail, name="hook"),
    path("notices/deliveries/<uuid:key>/again/", webhooks.resend_delivery, name="delivery-again"),
    path("c/<slug:slug>/hooks/", webhooks.add_competition_hook, name="competition-hooks"),
    path("c/<slug:slug>/follow/", inbox.follow_competition, name="follow"),
    path("accepted.atom", feeds.SiteFeed(), name="feed"),
    path("c/<slug:slug>/accepted.atom", feeds.CompetitionFeed(), name="competition-feed"),
    path("c/<slug:slug>/accepted/<str:token>.atom", feeds.PrivateFeed(), name="private-feed"),
]
