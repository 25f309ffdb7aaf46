"""Addresses of the leaderboards, and of their CSV files."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.leaderboard import groups_and_findings, overall

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/board/for/", groups_and_findings.for_group, name="board-for"),
    path("c/<slug:slug>/board/for.csv", groups_and_findings.for_group_csv, name="board-for-csv"),
    path("c/<slug:slug>/board/findings/", groups_and_findings.of_findings, name="board-findings"),
    path("c/<slug:slug>/board/findings.csv", groups_and_findings.of_findings_csv, name="board-findings-csv"),
    path("c/<slug:slug>/board/columns.csv", groups_and_findings.columns_csv, name="board-columns-csv"),
    path("c/<slug:slug>/teams/<slug:team_slug>/points.csv", groups_and_findings.team_csv, name="team-csv"),
    path("c/<slug:slug>/board/", overall.show, name="board"),
    path("c/<slug:slug>/board.csv", overall.download, name="board-csv"),
]
