"""Views of the findings report: a page to read and print, and a CSV file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bounty.core.measures import scale_of
from bounty.organisers import findings_report as reports
from bounty.permissions.lookup import organised_or_404
from bounty.scoring import csv_export
from bounty.shared_model import queries
from bounty.shared_model.summary import summarize_versions
from bounty.web.requests import PersonRequest
from bounty.web.shared_model.model import loss_chart, version_rows


@never_cache
@login_required
@require_GET
def show_report(request: PersonRequest, slug: str) -> HttpResponse:
    """Every confirmed finding and accepted patch, with a summary and pictures."""
    competition = organised_or_404(request, slug)
    found = reports.build_report(competition, timezone.now())
    versions = queries.present_versions(competition)
    standing = summarize_versions(competition, versions)
    context = {
        "competition": competition,
        "report": found,
        "standing": standing,
        "scale": scale_of(competition.loss) if competition.loss_json else None,
        "chart": loss_chart(version_rows(competition, versions, standing), standing)
        if standing and len(versions) > 1
        else None,
        "found_strip": reports.standing_bars(found.findings),
        "mended_strip": reports.standing_bars(found.patches),
    }
    return render(request, "organisers/findings_report.html", context)


@login_required
@require_GET
def report_csv(request: PersonRequest, slug: str) -> HttpResponse:
    """The findings report as CSV."""
    competition = organised_or_404(request, slug)
    found = reports.build_report(competition, timezone.now())
    text = reports.report_csv(found, request.build_absolute_uri(competition.get_absolute_url()))
    return csv_export.csv_response(text, f"{competition.slug}-findings-report.csv")
