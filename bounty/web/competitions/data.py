"""Views of a table's columns, and of files of its public rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from bounty.competitions import downloads
from bounty.core.measures import scale_of
from bounty.models import Competition
from bounty.permissions.lookup import visible_or_404
from bounty.web.competitions.competitions import TASKS
from evaluator.schema import Column


def column_index(request: HttpRequest, slug: str) -> HttpResponse:
    """The label, the columns and their meanings, and the files of public rows."""
    competition = visible_or_404(request, slug)
    context: dict[str, Any] = {"competition": competition}
    if competition.schema_json:
        context |= _described(competition)
    return render(request, "competitions/data.html", context)


def _described(competition: Competition) -> dict[str, Any]:
    schema = competition.schema
    return {
        "downloads": downloads.list_downloads(competition),
        "label": schema.label,
        "label_codes": _codes(schema.label.classes, schema.label.codes),
        "task": TASKS[schema.label.task],
        "scale": scale_of(competition.loss),
        "unit": schema.unit,
        "columns": [_column(column) for column in schema.features],
        "excluded": [column for column in schema.columns if column.excluded],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "meaning": column.meaning,
        "kind": column.kind,
        "measure": column.measure,
        "describes_people": column.describes_people,
        "codes": _codes(column.values, column.codes),
        "not_applicable": column.not_applicable,
    }


def _codes(values: Iterable[Any], codes: Mapping[str, str]) -> list[dict[str, str]]:
    """Values with their words; codes of a number that has no list of values come by themselves."""
    known = [str(value) for value in values]
    return [{"value": value, "words": codes.get(value, "")} for value in known or codes]


def download_file(request: HttpRequest, slug: str, name: str) -> FileResponse:
    """One of the listed files of public rows, streamed."""
    competition = visible_or_404(request, slug)
    return downloads.file_response(competition, name)
