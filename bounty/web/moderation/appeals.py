"""Views of appeals: the form of a team or of a banned person, and the answer of somebody who did not decide."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.core.errors import Refusal
from bounty.models import Appeal, Ban, Competition
from bounty.moderation import appeals, submission_preview
from bounty.moderation.queue_sections import APPEALS
from bounty.moderation.sections import entry_or_404
from bounty.permissions import rules
from bounty.permissions.lookup import moderated_or_404, submission_or_404, visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.moderation.item_context import item_context
from bounty.web.requests import PersonRequest


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def appeal_detail(request: PersonRequest, slug: str, number: int) -> HttpResponse:
    """One appeal before somebody who may answer it."""
    competition = moderated_or_404(request, slug)
    entry = entry_or_404(competition, APPEALS, str(number))
    appeal = entry.subject
    assert isinstance(appeal, Appeal)  # noqa: S101 - the section's items are appeals
    submission = appeal.submission
    if submission is not None:
        submission.competition = competition
    context = item_context(request, entry, *([submission] if submission else [])) | {
        "appeal": appeal,
        "submission": submission,
        "open": appeal.state == Appeal.State.OPEN,
        "answer_refusal": appeals.answer_refusal(
            request.user, appeal, membership_of_reader(request, competition)
        ),
        "effect": appeals.describe_overturning(appeal),
        "selection": submission_preview.preview_selection(submission) if submission else None,
    }
    if request.method != "POST":
        return render(request, "moderation/appeal.html", context)
    do, text = request.POST.get("do", ""), request.POST.get("answer", "")
    try:
        if do not in ("uphold", "overturn"):
            raise Refusal(_("Choose whether the decision stands."))
        appeals.answer_appeal(appeal, request.user, overturn=do == "overturn", text=text)
    except (Refusal, PermissionDenied) as error:
        status = 403 if isinstance(error, PermissionDenied) else 422
        typed = {"problem": str(error), "typed": text}
        return render(request, "moderation/appeal.html", context | typed, status=status)
    messages.success(request, _("The appeal is answered; the team reads it."))
    return redirect("moderate", competition.slug)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def submission_appeal(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """The team's appeals against a refusal or a disqualification, with their answers."""
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    if not rules.is_member(request.user, submission.team):
        raise Http404("only its team appeals")
    context = {
        "competition": submission.competition,
        "submission": submission,
        "decision": appeals.decision_on(submission),
        "appeals": list(submission.appeals.select_related("author")),
        "refusal": appeals.appeal_refusal(request.user, submission),
        "back": submission.get_absolute_url(),
    }
    if request.method != "POST":
        return render(request, "moderation/appeal_form.html", context)
    text = request.POST.get("text", "")
    try:
        appeal = appeals.file_appeal(submission, request.user, text)
    except Refusal as error:
        typed = {"problem": str(error), "typed": text}
        return render(request, "moderation/appeal_form.html", context | typed, status=422)
    _say_who(request, appeal)
    return redirect("appeal", submission.competition.slug, submission.pk)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def ban_appeal(request: PersonRequest, slug: str) -> HttpResponse:
    """The banned person's appeals, with their answers."""
    competition: Competition = visible_or_404(request, slug)
    ban = Ban.objects.filter(competition=competition, user=request.user).select_related("created_by").first()
    own = competition.appeals.filter(kind=Appeal.Kind.BAN, banned=request.user)
    if ban is None and not own.exists():
        raise Http404("nobody excluded this person")
    if ban is not None:
        ban.competition = competition
    context = {
        "competition": competition,
        "ban": ban,
        "appeals": list(own.select_related("author")),
        "refusal": appeals.ban_appeal_refusal(ban) if ban else _("You are not excluded any more."),
        "back": competition.get_absolute_url(),
    }
    if request.method != "POST":
        return render(request, "moderation/appeal_form.html", context)
    text = request.POST.get("text", "")
    try:
        if ban is None:
            raise Refusal(_("You are not excluded any more."))
        appeal = appeals.file_ban_appeal(ban, text)
    except Refusal as error:
        typed = {"problem": str(error), "typed": text}
        return render(request, "moderation/appeal_form.html", context | typed, status=422)
    _say_who(request, appeal)
    return redirect("appeal-ban", competition.slug)


def _say_who(request: PersonRequest, appeal: Appeal) -> None:
    """Put a message on the next page about who can answer the appeal."""
    if appeals.answerers(appeal):
        messages.success(request, _("Your appeal is sent. Somebody answers who did not take the decision."))
    else:
        messages.warning(
            request,
            _(
                "Your appeal is kept, but nobody who serves this competition could answer it yet: who took the "
                "decision does not. Ask the organiser to add a moderator."
            ),
        )
