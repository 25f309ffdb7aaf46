"""Views of a competition's organisers: where it stands, its phases, copies, rehearsals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bounty.competitions import create, phases
from bounty.core.errors import Refusal
from bounty.ledger import overview, plan
from bounty.models import Competition, Submission
from bounty.organisers import draft_tables, drafts, rehearsal
from bounty.organisers.ledger_report import ledger_budget
from bounty.organisers.participation import measure_participation
from bounty.permissions.lookup import organised_or_404
from bounty.web.refusals import refusal_as_message
from bounty.web.requests import PersonRequest
from evaluator.errors import BountyError

Status = Competition.Status


@login_required
@require_GET
def organise_competition(request: PersonRequest, slug: str) -> HttpResponse:
    """Where it stands, and the buttons for what comes next."""
    competition = organised_or_404(request, slug)
    draft = drafts.find_source_draft(competition, request.user)
    context: dict[str, Any] = {
        "competition": competition,
        "draft": draft,
        "has_table": draft is not None and draft_tables.has_table(draft),
        "flags": plan.plan_flags(competition),
        "gain": overview.gain_standing(competition),
        "people": measure_participation(competition, timezone.now(), teams_shown=0),
        "held": competition.submissions.filter(hold=Submission.Hold.HELD)
        .exclude(state__in=Submission.ENDED)
        .count(),
        "may_reopen": draft is not None
        and competition.status in (Status.PREPARING, Status.DRAFT)
        and not competition.participations.exists(),
    }
    if competition.layout_json:
        context["budget"] = ledger_budget(competition, shown=0)
    return render(request, "organisers/competition.html", context)


@login_required
@require_POST
def change_phase(request: PersonRequest, slug: str) -> HttpResponse:
    """Open, pause or resume."""
    competition = organised_or_404(request, slug)
    do = request.POST.get("do", "")
    if do not in phases.MOVES:
        raise Http404("no such button")
    with refusal_as_message(request, BountyError):
        phases.change_phase(competition, do, request.user)
        said = {"name": competition, "state": competition.get_status_display()}
        messages.success(request, _("“%(name)s” is %(state)s.") % said)
        if do == "open" and competition.plan.nothing:
            messages.warning(request, competition.plan.nothing)
    return redirect("organise-competition", slug)


@login_required
@require_http_methods(["GET", "POST"])
def close_competition(request: PersonRequest, slug: str) -> HttpResponse:
    """The page that asks before closing: the final rows are opened once, and cannot be closed again."""
    competition = organised_or_404(request, slug)
    if request.method == "POST":
        with refusal_as_message(request, BountyError):
            phases.close_competition(competition, request.user)
            messages.success(request, _("It is closed, and its points are final."))
        return redirect("organise-competition", slug)
    running = competition.submissions.filter(state__in=Submission.RUNNING).count()
    return render(request, "organisers/close.html", {"competition": competition, "running": running})


@login_required
@require_POST
def run_base_again(request: PersonRequest, slug: str) -> HttpResponse:
    """Have a worker run the base model once more."""
    competition = organised_or_404(request, slug)
    with refusal_as_message(request):
        create.rerun_base(competition)
        messages.success(request, _("A worker runs the base model once more."))
    return redirect("organise-competition", slug)


@login_required
@require_POST
def reopen_draft(request: PersonRequest, slug: str) -> HttpResponse:
    """Delete the competition that nobody entered and return to its draft, so that it can be made anew."""
    competition = organised_or_404(request, slug)
    draft = drafts.find_source_draft(competition, request.user)
    if draft is None:
        messages.error(request, _("The choices that it was made from are no longer kept. Copy it instead."))
        return redirect("organise-competition", slug)
    try:
        drafts.reopen_draft(draft, competition)
    except Refusal as error:
        messages.error(request, str(error))
        return redirect("organise-competition", slug)
    messages.success(request, _("Change what you like, then make it again. Its rows will be drawn anew."))
    return redirect("organise-draft", draft.key)


@login_required
@require_POST
def copy_competition(request: PersonRequest, slug: str) -> HttpResponse:
    """Make a draft with the same choices."""
    competition = organised_or_404(request, slug)
    try:
        draft = drafts.copy_competition(competition, request.user)
    except BountyError as error:
        messages.error(request, str(error))
        return redirect("organise-competition", slug)
    return _to_the_copy(request, draft)


def _to_the_copy(request: PersonRequest, draft: Any) -> HttpResponse:
    if draft.table:
        text = _(
            "The choices and the table are copied; its rows will be drawn anew, and what was public or told of stays "
            "out of the secret parts. Set its title and its dates."
        )
    else:
        text = _("The choices are copied. The table is no longer kept here: send it again.")
    messages.success(request, text)
    return redirect("organise-step", draft.key, "rules" if draft.table else "table")


@login_required
@require_POST
def delete_table(request: PersonRequest, slug: str) -> HttpResponse:
    """Delete the uploaded table that is kept for copies; the competition has its own rows."""
    competition = organised_or_404(request, slug)
    draft = drafts.find_source_draft(competition, request.user)
    if draft is not None:
        draft_tables.delete_files(draft)
        draft.table_json = {}
        draft.save(update_fields=["table_json"])
        messages.success(request, _("The uploaded table is deleted. A copy would ask you for it again."))
    return redirect("organise-competition", slug)


@login_required
@require_POST
def change_rehearsal(request: PersonRequest, slug: str) -> HttpResponse:
    """The rehearsal's buttons: enter it, send sample entries, start for real, delete it."""
    competition = organised_or_404(request, slug)
    do = request.POST.get("do", "")
    try:
        if do == "samples":
            sent = rehearsal.submit_samples(competition, request.user)
            messages.success(request, _("%(count)d sample entries were sent.") % {"count": len(sent)})
            return redirect("my-submissions", slug)
        if do == "enter":
            rehearsal.ensure_team(competition, request.user)
            return redirect("submit", slug)
        if do == "real":
            return _to_the_copy(request, rehearsal.start_for_real(competition, request.user))
        if do == "delete":
            rehearsal.delete_rehearsal(competition, request.user)
            messages.success(request, _("The rehearsal is deleted, with everything that was sent to it."))
            return redirect("organise")
    except BountyError as error:
        messages.error(request, str(error))
    else:
        raise Http404("no such button")
    return redirect("organise-competition", slug)
