"""Addresses of people: accounts, preferences, API tokens, teams, profiles, certificates."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.people import account, api_tokens, certificates, preferences, profiles, teams

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/tokens/", api_tokens.token_index, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", api_tokens.revoke_token, name="token-revoke"),
    path("people/<str:username>/", profiles.profile_detail, name="profile"),
    path("account/profile/", profiles.edit_profile, name="profile-edit"),
    path("certificates/", certificates.look_up_certificate, name="certificate-check"),
    path("certificates/<str:code>/", certificates.certificate_detail, name="certificate"),
    path("certificates/<str:code>/withdraw/", certificates.withdraw_certificate, name="certificate-withdraw"),
    path("c/<slug:slug>/team/certificates/", certificates.issue_certificate, name="certificate-issue"),
    path("account/", account.account_overview, name="account"),
    path("account/preferences/", preferences.edit_preferences, name="preferences"),
    path("language/", preferences.choose_language, name="set_language"),
    path("i/<str:token>/", account.accept_invitation, name="invitation"),
    path("c/<slug:slug>/enter/", account.enter_competition, name="enter"),
    path("c/<slug:slug>/team/", teams.edit_own_team, name="my-team"),
    path("c/<slug:slug>/teams/<slug:team_slug>/", teams.team_detail, name="team"),
    path("c/<slug:slug>/join/<str:token>/", teams.join_team, name="team-join"),
]
