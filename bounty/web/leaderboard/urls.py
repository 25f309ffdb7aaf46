"""Addresses of the leaderboards, and of their CSV files."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.leaderboard import groups_and_findings, overall

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/board/for/", groups_and_findings.show_group_board, name="board-for"),
    path("c/<slug:slug>/board/for.csv", groups_and_findings.group_board_csv, name="board-for-csv"),
    path("c/<slug:slug>/board/findings/", groups_and_findings.findings_board, name="board-findings"),
    path("c/<slug:slug>/board/findings.csv", groups_and_findings.findings_csv, name="board-findings-csv"),
    path("c/<slug:slug>/board/columns.csv", groups_and_findings.columns_csv, name="board-columns-csv"),
    path(
        "c/<slug:slug>/teams/<slug:team_slug>/points.csv",
        groups_and_findings.team_points_csv,
        name="team-csv",
    ),
    path("c/<slug:slug>/board/", overall.overall_board, name="board"),
    path("c/<slug:slug>/board.csv", overall.board_csv, name="board-csv"),
]
