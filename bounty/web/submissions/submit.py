"""Views of the submit page and of its live preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from bounty.core.errors import Refusal
from bounty.core.measures import scale_of
from bounty.exploration import preview as previews
from bounty.ledger import allowance, overview
from bounty.models import Competition, DryRun, Submission, Team
from bounty.people import teams
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.submissions import forms, resubmit
from bounty.submissions import submit as submissions_submit
from bounty.submissions.forms import EXPRESSION_LENGTH, SubmitForm, replaceable_submissions
from bounty.web.requests import PersonRequest
from evaluator.errors import ParticipantError
from evaluator.schema import Column


# Exempt only until the length is known: the CSRF check reads the whole body, so it comes after, in `_submit`.
@csrf_exempt
@login_required
@require_http_methods(["GET", "POST"])
def submit_entry(request: PersonRequest, slug: str) -> HttpResponse:
    """The submit page. A request too large for any submission is refused before it is read."""
    competition = visible_or_404(request, slug)
    return refuse_too_large(request, competition) or _submit(request, competition)


def refuse_too_large(request: PersonRequest, competition: Competition) -> HttpResponse | None:
    """The refusal of a request that is larger than any submission, before it is read; None where it is not."""
    most = forms.most_request_bytes(competition)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method != "POST" or (length.isdigit() and int(length) <= most):
        return None
    context = {"competition": competition, "limit": competition.max_upload_bytes}
    return render(request, "submissions/too_large.html", context, status=413)


@csrf_protect
def _submit(request: PersonRequest, competition: Competition) -> HttpResponse:
    """The page of the form, or what it leads to. Whatever is wrong is said beside its field, and nothing is
    written.
    """
    membership = membership_of_reader(request, competition)
    team = teams.team_of(request.user, competition, membership)
    refusal = rules.submit_refusal(request.user, competition, membership)
    if team is None or refusal:
        context = {"competition": competition, "refusal": refusal, "team": team}
        return render(
            request, "submissions/closed.html", context, status=403 if request.method == "POST" else 200
        )
    form = bind_form(request, team)
    if request.method == "POST" and form.is_valid():
        submission = _send(request, competition, team, form)
        if submission is not None:
            messages.success(
                request, (_("Sent as #%(number)s. This page follows it.") % {"number": submission.number})
            )
            return redirect(submission)
    context = form_context(competition, team, form)
    return render(request, "submissions/submit.html", context, status=422 if form.errors else 200)


def bind_form(request: PersonRequest, team: Team) -> SubmitForm:
    """The form as it was sent, or as the page starts: with what was sent before (`?from=<its id>`) or what a link says.

    Files of what was sent before are kept until others are chosen: a browser cannot fill them in.
    """
    if request.method == "POST":
        kept = resubmit.find_prior_entry(request.user, team, request.POST.get("kept", ""))
        return SubmitForm(team, request.POST, request.FILES, prior=kept)
    before = resubmit.find_prior_entry(request.user, team, request.GET.get("from", ""))
    if before is None:
        return SubmitForm(team, initial=_linked(request))
    found = before.initial()
    if replaceable_submissions(team).filter(pk=before.key).exists():
        found["supersedes"] = before.key
    elif isinstance(before.source, DryRun):
        found["supersedes"] = before.source.supersedes_id
    return SubmitForm(team, initial=found, prior=before)


def _linked(request: PersonRequest) -> dict[str, Any]:
    """Initial values from the address, `?expression=...&patch=fit`: where the explore page leads on."""
    found: dict[str, Any] = {"expression": request.GET.get("expression", "")[:EXPRESSION_LENGTH]}
    if request.GET.get("patch") in (SubmitForm.NONE, SubmitForm.FIT):
        found["patch"] = request.GET["patch"]
    return found


def _send(
    request: PersonRequest, competition: Competition, team: Team, form: SubmitForm
) -> Submission | None:
    try:
        return submissions_submit.create_submission(competition, team, request.user, form.to_new_submission())
    except Refusal as refused:
        form.refuse(refused)
        return None


def form_context(competition: Competition, team: Team, form: SubmitForm) -> dict[str, Any]:
    """The template context of templates/submissions/submit.html."""
    schema = competition.schema
    return {
        "competition": competition,
        "team": team,
        "form": form,
        "columns": schema.features,
        "builder": [column_json(column) for column in schema.features],
        "left": allowance.daily_quota(team, timezone.now()).left,
        "refused_allowed": allowance.refused_allowed(competition),
        "queries_left": max(0, allowance.queries_left(team)),
        "gain": overview.gain_standing(competition),
        "verdicts_left": allowance.verdicts_left(team),
        "files_lost": form.is_bound and bool(form.files) and bool(form.errors),
    }


def column_json(column: Column) -> dict[str, Any]:
    """What the builder needs of a column; a value keeps its type, because the expression is written from it."""
    return {
        "name": column.name,
        "kind": column.kind,
        "meaning": column.meaning,
        "measure": column.measure,
        "values": [[value, column.codes.get(str(value), "")] for value in column.values],
    }


@login_required
@require_POST
def preview_group(request: PersonRequest, slug: str) -> HttpResponse:
    """The group's size and the head's loss there, on explore rows only: no secret row is read."""
    competition = visible_or_404(request, slug)
    text = request.POST.get("expression", "").strip()
    context: dict[str, Any] = {"competition": competition}
    if not text:
        return render(request, "submissions/preview.html", context)
    if not previews.is_within_preview_rate(str(request.user.pk)):
        context["refusal"] = _("That was a lot of looks in a short time. Wait half a minute, then type on.")
        return render(request, "submissions/preview.html", context, status=200)
    try:
        shown = previews.preview_group(competition, text)
    except ParticipantError as error:
        return render(request, "submissions/preview.html", {**context, "error": error.detail})
    scale = scale_of(competition.loss)
    context |= {"shown": shown, "share": f"{shown.share:.1%}", "scale": scale}
    for name in ("inside", "outside", "gap"):
        context[name] = previews.interval_in_words(getattr(shown, name), scale, signed=name == "gap")
    return render(request, "submissions/preview.html", context)
