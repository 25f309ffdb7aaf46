"""Views of boards beyond the overall one: of a group of people, of findings, and CSV files of each."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from bounty.core.errors import Refusal
from bounty.core.measures import scale_of
from bounty.models import Competition, Team
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.scoring import csv_export, csv_files
from bounty.scoring.boards import findings, group_board, group_choice, overall
from bounty.scoring.boards.columns import column_heatmap
from bounty.shared_model import queries
from bounty.web import fragment_cache
from evaluator.schema import Column


def show_group_board(request: HttpRequest, slug: str) -> HttpResponse:
    """The credit of each team on one group of people, or on a column's values side by side."""
    competition = visible_or_404(request, slug)
    lists = group_choice.list_options(competition) if competition.schema_json else []
    context: dict[str, Any] = {
        "competition": competition,
        "lists": lists,
        # A whole column is a table of its own; only single groups can be joined.
        "seconds": [each for each in lists if group_choice.find_column(competition, each[1][0].key) is None],
        "key": request.GET.get("group", ""),
        "also": request.GET.get("also", ""),
        "join": request.GET.get("join", "and"),
    }
    mine = membership_of_reader(request, competition).team_id
    status = 200
    if context["key"]:
        try:
            context |= _helped(request, competition, mine)
        except Refusal as why:
            context["problem"], status = str(why), 422
    return render(request, "leaderboard/for_group.html", context, status=status)


def _helped(request: HttpRequest, competition: Competition, mine: int | None) -> dict[str, Any]:
    chosen = _chosen(request, competition)
    if isinstance(chosen, Column):
        return {"column": chosen, "table": group_board.tabulate_values(competition, chosen, mine)}
    return {
        "interest": chosen,
        "standing": group_board.summarize_group(competition, chosen),
        "rows": group_board.group_board_rows(competition, chosen, mine),
        "scale": scale_of(competition.loss),
    }


def _chosen(request: HttpRequest, competition: Competition) -> group_choice.ChosenGroup | Column:
    """The group or the column that the address asks for. Raises Refusal."""
    key, also = request.GET.get("group", ""), request.GET.get("also", "")
    return group_choice.choose_group(competition, key, also, but_not=request.GET.get("join") == "not")


def group_board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The board of a group, as CSV."""
    competition = visible_or_404(request, slug)
    try:
        chosen = _chosen(request, competition)
    except Refusal as why:
        return HttpResponse(str(why), status=422, content_type="text/plain; charset=utf-8")
    groups = list(group_choice.column_groups(competition, chosen)) if isinstance(chosen, Column) else [chosen]
    text = csv_export.group_board_csv(group_board.list_group_rows(competition, groups))
    return csv_export.csv_response(text, f"{competition.slug}-who-helped.csv")


def findings_board(request: HttpRequest, slug: str) -> HttpResponse:
    """Confirmed findings, newest first, and whether the model has put them right since."""
    competition = visible_or_404(request, slug)
    mine = membership_of_reader(request, competition).team_id
    asked = request.GET.get("page", "")

    def render_part() -> str:
        return render_to_string("leaderboard/_findings.html", _findings(competition, asked, mine), request)

    if asked and not (asked.isdecimal() and len(asked) < 5):
        body = mark_safe(render_part())  # noqa: S308 - rendered by a template; anybody can make up such addresses
    else:
        body = fragment_cache.cached_fragment(
            competition, "findings", (asked, mine, findings.triage_stamp(competition)), render_part
        )
    return render(request, "leaderboard/findings.html", {"competition": competition, "body": body})


def _findings(competition: Competition, asked: str, mine: int | None) -> dict[str, Any]:
    page = Paginator(findings.list_shown(competition), findings.PER_PAGE).get_page(asked)
    head = queries.head_version(competition)
    rows = findings.describe_findings(competition, head, list(page.object_list))
    for row in rows:
        row.finding.team.competition = row.finding.competition = competition
    return {
        "competition": competition,
        "page": page,
        "rows": rows,
        "mine": mine,
        "scale": scale_of(competition.loss) if competition.loss_json else None,
    }


def findings_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Confirmed findings, as CSV."""
    competition = visible_or_404(request, slug)
    return csv_files.findings_file(competition)


def columns_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The heat map of all teams, as CSV."""
    competition = visible_or_404(request, slug)
    everything = request.GET.get("groups") == overall.EVERYTHING
    ranked = overall.board_rows(competition, None)
    counted = column_heatmap(competition, everything=everything)
    text = csv_export.column_heatmap_csv([row.team for _place, row in ranked], counted)
    return csv_export.csv_response(text, f"{competition.slug}-columns.csv")


def team_points_csv(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """A team's points by version, as CSV."""
    competition = visible_or_404(request, slug)
    return csv_files.team_points_file(get_object_or_404(Team, competition=competition, slug=team_slug))
