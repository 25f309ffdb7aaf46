"""Addresses of a competition's pages: overview, rules, data, the glossary."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.competitions import competitions, data, glossary

urlpatterns: list[URLPattern | URLResolver] = [
    path("", competitions.home, name="home"),
    path("words/", glossary.show, name="glossary"),
    path("c/<slug:slug>/", competitions.show, name="competition"),
    path("c/<slug:slug>/rules/", competitions.rules, name="rules"),
    path("c/<slug:slug>/data/", data.show, name="data"),
    path("c/<slug:slug>/data/<str:name>", data.download, name="data-download"),
]
