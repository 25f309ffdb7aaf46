"""Every address of the site: here what everybody reads and takes part in; beside it, one file an area."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bounty.urls import api, boards, community, explore, moderation, notices, organise
from bounty.web import health
from bounty.web.competitions import competitions, data, glossary
from bounty.web.leaderboard import overall
from bounty.web.people import account, preferences, teams
from bounty.web.shared_model import model
from bounty.web.submissions import submissions, submit

# What everybody who may see a competition may read.
public = [
    path("", competitions.home, name="home"),
    path("words/", glossary.show, name="glossary"),
    path("health/", health.show, name="health"),
    path("c/<slug:slug>/", competitions.show, name="competition"),
    path("c/<slug:slug>/rules/", competitions.rules, name="rules"),
    path("c/<slug:slug>/data/", data.show, name="data"),
    path("c/<slug:slug>/data/<str:name>", data.download, name="data-download"),
    path("c/<slug:slug>/board/", overall.show, name="board"),
    path("c/<slug:slug>/board.csv", overall.download, name="board-csv"),
    path("c/<slug:slug>/model/", model.show, name="model"),
    path("c/<slug:slug>/model/download/", model.download, name="model-download"),
]

# What those who take part do, and the links that let them in.
participants = [
    path("account/", account.overview, name="account"),
    path("account/preferences/", preferences.choose, name="preferences"),
    path("language/", preferences.language, name="set_language"),
    path("i/<str:token>/", account.invitation, name="invitation"),
    path("c/<slug:slug>/enter/", account.enter, name="enter"),
    path("c/<slug:slug>/submit/", submit.submit, name="submit"),
    path("c/<slug:slug>/preview/", submit.preview, name="preview"),
    path("c/<slug:slug>/submissions/", submissions.mine, name="my-submissions"),
    path("c/<slug:slug>/submissions/<uuid:key>/", submissions.show, name="submission"),
    path("c/<slug:slug>/submissions/<uuid:key>/state/", submissions.state, name="submission-state"),
    path("c/<slug:slug>/submissions/<uuid:key>/withdraw/", submissions.withdraw, name="submission-withdraw"),
    path("c/<slug:slug>/submissions/<uuid:key>/again/", submissions.again, name="submission-again"),
    path("c/<slug:slug>/submissions/<uuid:key>/files/<str:part>", submissions.file, name="submission-file"),
    path("c/<slug:slug>/team/", teams.mine, name="my-team"),
    path("c/<slug:slug>/teams/<slug:team_slug>/", teams.show, name="team"),
    path("c/<slug:slug>/join/<str:token>/", teams.join, name="team-join"),
]

urlpatterns = [
    *public,
    *participants,
    *explore.addresses,
    *boards.addresses,
    *moderation.addresses,
    *organise.addresses,
    *notices.addresses,
    *community.addresses,
    *api.addresses,
    path("accounts/", include("allauth.urls")),
    # Browsers ask for it on the admin's pages, which name no icon.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}icon.svg")),
    path("admin/", admin.site.urls),
]
