"""Boards and pictures beyond the overall one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.views import boards, pictures

addresses: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/board/for/", boards.for_group, name="board-for"),
    path("c/<slug:slug>/board/for.csv", boards.for_group_csv, name="board-for-csv"),
    path("c/<slug:slug>/board/findings/", boards.of_findings, name="board-findings"),
    path("c/<slug:slug>/board/findings.csv", boards.of_findings_csv, name="board-findings-csv"),
    path("c/<slug:slug>/board/columns.csv", boards.columns_csv, name="board-columns-csv"),
    path("c/<slug:slug>/teams/<slug:team_slug>/points.csv", boards.team_csv, name="team-csv"),
    path("c/<slug:slug>/pictures/", pictures.show, name="pictures"),
]
