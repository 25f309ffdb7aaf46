"""Views of the shared model: its history, its groups, the decision list in words, and the file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from bounty.charts import Chart
from bounty.charts.losses import LossPoint, draw_losses
from bounty.charts.pointers import draw_pointers
from bounty.core.measures import scale_of
from bounty.models import Competition, ModelVersion
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.shared_model import model_file, outline, queries
from bounty.shared_model.open_findings import measure_harms
from bounty.shared_model.summary import (
    ModelSummary,
    accepted_standings,
    declared_standings,
    measure_loss,
    summarize_versions,
)
from bounty.stories.timeline import latest_events
from bounty.web import fragment_cache

# What a page shows of a long history at first; `?all=` one of these words shows that part in full.
MOST = {"versions": 15, "groups": 12, "story": 12, "ladder": outline.OPEN_STEPS}
SOURCES_NAMED = 12


def model_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The shared model's page; `?all=` shows one of its parts in full."""
    competition = visible_or_404(request, slug)
    may_download = rules.can_download_model(
        request.user, competition, membership_of_reader(request, competition)
    )
    whole = request.GET.get("all", "")
    whole = whole if whole in MOST else ""

    def render_part() -> str:
        return render_to_string(
            "shared_model/_model.html", _context(competition, whole, may_download), request
        )

    body = fragment_cache.cached_fragment(competition, "model", (whole, may_download), render_part)
    return render(request, "shared_model/model.html", {"competition": competition, "body": body})


def _context(competition: Competition, whole: str, may_download: bool) -> dict[str, Any]:
    versions = queries.present_versions(competition)
    for version in versions:
        version.competition = competition
    now = summarize_versions(competition, versions)
    context = {
        "competition": competition,
        "standing": now,
        "may_download": may_download,
        "whole": whole,
    }
    return context | _details(competition, versions, now, whole) if now is not None else context


def _details(
    competition: Competition, versions: list[ModelVersion], standing: ModelSummary, whole: str
) -> dict[str, Any]:
    head = versions[-1]
    declared = list(competition.declared_groups.all())
    accepted = queries.accepted_submissions(versions)
    findings = list(queries.shown_findings(competition))
    found = measure_harms(competition, head, findings)
    rows = version_rows(competition, versions, standing)
    groups = accepted_standings(competition, accepted, versions)
    events = latest_events(competition, versions, findings, limit=len(versions) + len(findings))
    return {
        "head": head,
        "version_rows": _first(rows[::-1], "versions", whole),
        "versions_left": _left(rows, "versions", whole),
        "final_shown": head.final_loss is not None,
        "chart": loss_chart(rows, standing) if len(versions) > 1 else None,
        "groups": declared_standings(competition, declared, versions),
        "accepted_groups": _first(groups, "groups", whole),
        "groups_left": _left(groups, "groups", whole),
        "ladder": outline.outline_list(versions, {g.key: g for g in declared}, accepted),
        "pointers": pointers_of(versions) if len(versions) > 1 else None,
        "open_harms": [harm for harm in found if harm.is_open],
        "settled": sum(not harm.is_open for harm in found),
        "events": _first(events, "story", whole),
        "events_left": _left(events, "story", whole),
        "base_words": competition.base.words,
    }


def _first(rows: list[Any], part: str, whole: str) -> list[Any]:
    return rows if whole == part else rows[: MOST[part]]


def _left(rows: list[Any], part: str, whole: str) -> int:
    """How many rows the page leaves out."""
    return 0 if whole == part else max(len(rows) - MOST[part], 0)


def version_rows(
    competition: Competition, versions: Sequence[ModelVersion], standing: ModelSummary
) -> list[dict[str, Any]]:
    """Each version's losses as a page says them, oldest first."""
    scale, sample = scale_of(competition.loss), standing.sample
    return [
        {
            "version": version,
            "practice": measure_loss(version.practice_loss, sample.rows, scale, sample),
            "explore": scale.format(version.explore_loss),
            "final": "–" if version.final_loss is None else scale.format(version.final_loss),
        }
        for version in versions
    ]


def loss_chart(rows: Sequence[dict[str, Any]], standing: ModelSummary) -> Chart:
    """The chart of the loss over versions, with the names of those who moved it most."""
    points = [
        LossPoint(
            row["version"].number,
            row["practice"].loss,
            low=row["practice"].bounds[0],
            high=row["practice"].bounds[1],
            explore=row["version"].explore_loss,
            by=row["version"].submission.team.name if row["version"].submission else "",
        )
        for row in rows
    ]
    return draw_losses(points, standing.scale)


def pointers_of(versions: Sequence[ModelVersion]) -> dict[str, Any]:
    """The decision list as a diagram, and the same as a table: targets, most pointed at first."""
    arcs = outline.count_pointers(versions)
    counts: Counter[int] = Counter()
    sources: dict[int, list[str]] = defaultdict(list)
    for arc in arcs:
        counts[arc.target] += arc.count
        sources[arc.target].append(str(arc.version))
    rows = [
        {"target": target, "count": count, "sources": _named(sources[target])}
        for target, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return {
        "picture": draw_pointers(versions[-1].number, arcs),
        "repairs": sum(counts.values()),
        "rows": rows,
    }


def _named(numbers: list[str]) -> list[str]:
    return numbers if len(numbers) <= SOURCES_NAMED else [*numbers[:SOURCES_NAMED], "…"]


def download_model(request: HttpRequest, slug: str) -> FileResponse:
    """The present version as a zip for PointerDecisionList.load, for whom the policy lets have it."""
    competition = visible_or_404(request, slug)
    return model_file.model_file_response(
        competition, request.user, membership_of_reader(request, competition)
    )
