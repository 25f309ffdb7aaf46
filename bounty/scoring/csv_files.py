"""CSV files of the pages and the API: the board, confirmed findings, a team's points."""

from __future__ import annotations

from django.http import HttpResponse

from bounty.models import Competition, Team
from bounty.scoring import csv_export
from bounty.scoring.boards import findings, overall
from bounty.shared_model import queries


def board_file(competition: Competition, query: overall.BoardQuery) -> HttpResponse:
    """Returns the whole board as a file, of now or of the day in the query."""
    day = f"-{query.on.isoformat()}" if query.on else ""
    text = csv_export.board_csv(competition, query.at)
    return csv_export.csv_response(text, f"{competition.slug}-board{day}.csv")


def findings_file(competition: Competition) -> HttpResponse:
    """Returns all confirmed findings that everybody may read, as a file."""
    head, everyone = queries.head_version(competition), list(findings.list_shown(competition))
    rows = []
    for start in range(0, len(everyone), findings.PER_PAGE):
        rows += findings.describe_findings(competition, head, everyone[start : start + findings.PER_PAGE])
    return csv_export.csv_response(csv_export.findings_csv(rows), f"{competition.slug}-findings.csv")


def team_points_file(team: Team) -> HttpResponse:
    """Returns a team's points by version as a file."""
    competition = team.competition
    text = csv_export.team_points_csv(queries.team_credits(competition, team))
    return csv_export.csv_response(text, f"{competition.slug}-{team.slug}-points.csv")
