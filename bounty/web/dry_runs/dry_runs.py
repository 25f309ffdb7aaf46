"""Views of dry runs: the form, the result, and sending it as a submission."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bounty.core.errors import Refusal
from bounty.core.measures import scale_of
from bounty.dry_runs import start as dry_runs_start
from bounty.dry_runs.results import DryRunResult
from bounty.exploration import preview
from bounty.models import Competition, DryRun
from bounty.people import teams
from bounty.permissions import rules
from bounty.permissions.lookup import submission_or_404, visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.submissions import queue_position
from bounty.web.requests import PersonRequest
from bounty.web.submissions import submit as submitting

SHOWN = 10


# As on the submit page: the length is looked at before the CSRF check reads the body.
@csrf_exempt
@login_required
@require_http_methods(["GET", "POST"])
def start_dry_run(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of the submit page, and this person's dry runs."""
    competition = visible_or_404(request, slug)
    return submitting.refuse_too_large(request, competition) or _start(request, competition)


@csrf_protect
def _start(request: PersonRequest, competition: Competition) -> HttpResponse:
    membership = membership_of_reader(request, competition)
    team = teams.team_of(request.user, competition, membership)
    refusal = dry_runs_start.dry_run_refusal(request.user, competition, membership)
    if team is None or refusal:
        context = {
            "competition": competition,
            "refusal": refusal,
            "team": team,
            "practice_refusal": refusal,
        }
        return render(
            request, "submissions/closed.html", context, status=403 if request.method == "POST" else 200
        )
    form = submitting.bind_form(request, team)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(dry_runs_start.start_dry_run(competition, request.user, form.to_new_submission()))
        except Refusal as refused:
            form.refuse(refused)
    context = submitting.form_context(competition, team, form)
    context["runs"] = _own(request, competition)[:SHOWN]
    return render(request, "dry_runs/start.html", context, status=422 if form.errors else 200)


def _own(request: PersonRequest, competition: Competition) -> Any:
    return DryRun.objects.filter(competition=competition, author=request.user).select_related("competition")


def _find(request: PersonRequest, slug: str, key: UUID) -> DryRun:
    """The dry run, for its author; to all others it does not exist."""
    competition = visible_or_404(request, slug)
    run: DryRun = get_object_or_404(_own(request, competition).select_related("reproduces"), pk=key)
    run.competition = competition
    return run


@never_cache
@login_required
@require_GET
def dry_run_detail(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """One dry run, with its result once it is done."""
    return render(request, "dry_runs/show.html", _context(request, _find(request, slug, key)))


@never_cache
@login_required
@require_GET
def poll_dry_run(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """The fragment that the page polls: the next poll, and the content again only where something changed."""
    context = _context(request, _find(request, slug, key))
    context["changed"] = request.GET.get("seen") != context["fingerprint"]
    return render(request, "dry_runs/poll.html", context)


def _context(request: PersonRequest, run: DryRun) -> dict[str, Any]:
    polls = request.GET.get("n", "0")
    count = min(int(polls), 10_000) if polls.isdecimal() and len(polls) < 6 else 0
    membership = membership_of_reader(request, run.competition)
    team = teams.team_of(request.user, run.competition, membership)
    may_send = team is not None and not rules.submit_refusal(request.user, run.competition, membership)
    return {
        "competition": run.competition,
        "run": run,
        "failure": queue_position.FAILURES.get(run.error_class) if run.state == DryRun.State.FAILED else None,
        "fingerprint": f"{run.state}.{run.attempt}.{run.stage}".replace(" ", "-"),
        "next_poll": count + 1,
        "delay": queue_position.poll_delay(count),
        "may_send": may_send,
        **(_result(run) if run.state == DryRun.State.DONE else {}),
    }


def _result(run: DryRun) -> dict[str, Any]:
    """The result's numbers in words."""
    result, scale = DryRunResult.from_json(run.result), scale_of(run.competition.loss)
    named = {
        name: preview.interval_in_words(getattr(result, name), scale, signed=name == "gap")
        for name in ("before", "outside", "gap", "after")
    }
    change = (
        scale.describe_change(result.before.mean, result.after.mean) if result.before and result.after else ""
    )
    share = result.rows / result.of_rows if result.of_rows else 0.0
    return {
        "result": result,
        "scale": scale,
        "share": f"{share:.1%}",
        "spoken": named,
        "change": change,
        "too_small": result.rows < run.competition.smallest_group,
    }


@login_required
@require_POST
def submit_dry_run(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """Submit what was tried, with everything kept."""
    run = _find(request, slug, key)
    team = teams.team_of(request.user, run.competition)
    if team is None:
        raise Http404("only a team can submit")
    try:
        submission = dry_runs_start.submit_dry_run(run, team, request.user)
    except Refusal as refused:
        messages.error(request, refused.message)
        return redirect(run)
    messages.success(request, _("Sent as #%(number)d. This page follows it.") % {"number": submission.number})
    return redirect(submission)


@login_required
@require_POST
def reproduce_submission(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """Run a failed submission of one's team again, dry, with its files."""
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    if teams.team_of(request.user, submission.competition) != submission.team:
        raise Http404("only its team may do this")
    try:
        return redirect(dry_runs_start.reproduce_failure(submission, request.user))
    except Refusal as refused:
        messages.error(request, refused.message)
        return redirect(submission)
