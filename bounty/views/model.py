"""The shared model: its story, its groups, the decision list in words, and the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from bounty import charts, model_file, queries
from bounty.figures import scale_of
from bounty.models import Competition, ModelVersion
from bounty.open_harms import harms
from bounty.standing import (
    Standing,
    accepted_standings,
    declared_standings,
    measure,
    of_versions,
)
from bounty.story import ladder, latest_events
from bounty.views.competitions import visible_or_404


def show(request: HttpRequest, slug: str) -> HttpResponse:
    competition = visible_or_404(request, slug)
    versions = queries.present_versions(competition)
    now = of_versions(competition, versions)
    context = {
        "competition": competition,
        "standing": now,
        "may_download": request.user.has_perm("bounty.download_model", competition),
    }
    if now is not None:
        context |= _details(competition, versions, now)
    return render(request, "competitions/model.html", context)


def _details(competition: Competition, versions: list[ModelVersion], standing: Standing) -> dict[str, Any]:
    head = versions[-1]
    declared = list(competition.declared_groups.all())
    accepted = queries.accepted_submissions(versions)
    findings = list(queries.confirmed_findings(competition))
    found = harms(competition, head, findings)
    base_words = competition.base_json.get("words", "")
    rows = _version_rows(competition, versions, standing)
    return {
        "head": head,
        "version_rows": rows,
        "final_shown": head.final_loss is not None,
        "chart": _chart(rows, standing) if len(versions) > 1 else None,
        "groups": declared_standings(competition, declared, versions),
        "accepted_groups": accepted_standings(competition, accepted, versions),
        "ladder": ladder(head.nodes, versions, {g.key: g for g in declared}, accepted, base_words),
        "open_harms": [harm for harm in found if harm.is_open],
        "settled": sum(not harm.is_open for harm in found),
        "events": latest_events(competition, versions, findings, limit=200),
        "base_words": base_words,
    }


def _version_rows(
    competition: Competition, versions: Sequence[ModelVersion], standing: Standing
) -> list[dict[str, Any]]:
    scale, sample = scale_of(competition.loss), standing.sample
    return [
        {
            "version": version,
            "practice": measure(version.practice_loss, sample.rows, scale, sample),
            "explore": scale.text(version.explore_loss),
            "final": "–" if version.final_loss is None else scale.text(version.final_loss),
        }
        for version in versions
    ]


def _chart(rows: Sequence[dict[str, Any]], standing: Standing) -> charts.Chart:
    points = [
        charts.Point(
            row["version"].number,
            row["practice"].loss,
            low=row["practice"].bounds[0],
            high=row["practice"].bounds[1],
            explore=row["version"].explore_loss,
        )
        for row in rows
    ]
    return charts.loss_over_versions(points, standing.scale)


def download(request: HttpRequest, slug: str) -> FileResponse:
    """The present version as a zip for PointerDecisionList.load, for whom the policy lets have it."""
    competition = visible_or_404(request, slug)
    if not request.user.has_perm("bounty.download_model", competition):
        raise PermissionDenied("The model is the organiser's until the competition closes.")
    versions = competition.versions.filter(generation=competition.generation)
    head = versions.select_related("competition").order_by("-number").first()
    if head is None:
        raise Http404("there is no model yet")
    return FileResponse(
        model_file.build(head).open("rb"),
        as_attachment=True,
        filename=f"{competition.slug}-version-{head.number}.zip",
    )
