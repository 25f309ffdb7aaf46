"""Addresses of people: accounts, preferences, API tokens, teams, profiles, certificates."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.people import account, api_tokens, certificates, preferences, profiles, teams

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/tokens/", api_tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", api_tokens.revoke, name="token-revoke"),
    path("people/<str:username>/", profiles.show, name="profile"),
    path("account/profile/", profiles.edit, name="profile-edit"),
    path("certificates/", certificates.check, name="certificate-check"),
    path("certificates/<str:code>/", certificates.show, name="certificate"),
    path("certificates/<str:code>/withdraw/", certificates.withdraw, name="certificate-withdraw"),
    path("c/<slug:slug>/team/certificates/", certificates.issue, name="certificate-issue"),
    path("account/", account.overview, name="account"),
    path("account/preferences/", preferences.choose, name="preferences"),
    path("language/", preferences.language, name="set_language"),
    path("i/<str:token>/", account.invitation, name="invitation"),
    path("c/<slug:slug>/enter/", account.enter, name="enter"),
    path("c/<slug:slug>/team/", teams.mine, name="my-team"),
    path("c/<slug:slug>/teams/<slug:team_slug>/", teams.show, name="team"),
    path("c/<slug:slug>/join/<str:token>/", teams.join, name="team-join"),
]
