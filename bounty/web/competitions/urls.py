"""Addresses of a competition's pages: overview, rules, data, the glossary."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.competitions import competitions, data, glossary

urlpatterns: list[URLPattern | URLResolver] = [
    path("", competitions.competition_index, name="home"),
    path("words/", glossary.glossary_page, name="glossary"),
    path("c/<slug:slug>/", competitions.competition_detail, name="competition"),
    path("c/<slug:slug>/rules/", competitions.competition_rules, name="rules"),
    path("c/<slug:slug>/data/", data.column_index, name="data"),
    path("c/<slug:slug>/data/<str:name>", data.download_file, name="data-download"),
]
