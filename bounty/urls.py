"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from bounty.views import board, competitions, data, glossary, health, model

# What everybody who may see a competition may read.
public = [
    path("", competitions.home, name="home"),
    path("words/", glossary.show, name="glossary"),
    path("health/", health.show, name="health"),
    path("c/<slug:slug>/", competitions.show, name="competition"),
    path("c/<slug:slug>/rules/", competitions.rules, name="rules"),
    path("c/<slug:slug>/data/", data.show, name="data"),
    path("c/<slug:slug>/data/<str:name>", data.download, name="data-download"),
    path("c/<slug:slug>/board/", board.show, name="board"),
    path("c/<slug:slug>/model/", model.show, name="model"),
    path("c/<slug:slug>/model/download/", model.download, name="model-download"),
]

urlpatterns = [
    *public,
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
