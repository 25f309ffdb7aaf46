"""Views of one submission before a moderator: whom it selects, its overlaps, its sender, and the decisions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, Submission
from bounty.moderation import canned_reasons, decisions, history, overlap, source_files, submission_preview
from bounty.moderation.queue_sections import HELD
from bounty.moderation.sections import QueueEntry, entry_or_404, section_by_name
from bounty.permissions import rules, visibility
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.moderation.item_context import item_context
from bounty.web.requests import PersonRequest

State, Hold = Submission.State, Submission.Hold


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def submission_detail(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """The panel of one submission. What was typed stays where a decision could not be taken."""
    competition = moderated_or_404(request, slug)
    entry = entry_or_404(competition, HELD, str(key))
    submission = entry.subject
    assert isinstance(submission, Submission)  # noqa: S101 - the section's items are submissions
    if request.method != "POST":
        return render(request, "moderation/submission.html", _context(request, entry, submission))
    reason = request.POST.get("reason", "")
    if fill := request.POST.get("fill", ""):
        typed = {"reason": canned_reasons.fill_reason(competition, fill, reason)}
        return render(request, "moderation/submission.html", _context(request, entry, submission) | typed)
    try:
        done = _decide(request, submission, reason)
    except (Refusal, PermissionDenied) as error:
        submission.refresh_from_db(fields=["state", "hold"])
        typed = {"reason": reason, "problem": str(error), "did": request.POST.get("do", "")}
        context = _context(request, entry, submission) | typed
        status = 403 if isinstance(error, PermissionDenied) else 422
        return render(request, "moderation/submission.html", context, status=status)
    messages.success(request, done)
    return redirect("moderate", competition.slug)


def _decide(request: PersonRequest, submission: Submission, reason: str) -> str:
    do, number = request.POST.get("do", ""), submission.number
    if do == "release":
        decisions.release_submission(submission, request.user)
        return _("#%(number)s is released; it goes on by itself.") % {"number": number}
    if do == "refuse":
        decisions.refuse_submission(submission, reason, request.user)
        return _("#%(number)s is refused; its team reads why.") % {"number": number}
    if do in ("disqualify", "ban") and not request.POST.get("sure"):
        raise Refusal(_("Tick the box to confirm: this has consequences for others."))
    if do == "disqualify":
        decisions.disqualify_submission(submission, reason, request.user)
        return _("#%(number)s is disqualified; every model that it entered is rebuilt without it.") % {
            "number": number
        }
    if do == "ban":
        decisions.ban_person(submission.competition, submission.author, reason, request.user)
        return _("%(name)s can no longer submit here.") % {"name": submission.author}
    raise Refusal(_("Choose to release or to refuse it."))


def _context(request: PersonRequest, entry: QueueEntry, submission: Submission) -> dict[str, Any]:
    competition = entry.competition
    waiting = submission.hold == Hold.HELD and submission.state not in Submission.ENDED
    mask = submission_preview.public_mask(submission)
    before, after = _neighbours(competition, entry) if waiting else (None, None)
    appealed = list(submission.appeals.all())
    for appeal in appealed:
        appeal.competition = competition
    return item_context(request, entry, *appealed) | {
        "submission": submission,
        "waiting": waiting,
        "counts": submission.state in Submission.JUDGED,
        "selection": submission_preview.preview_selection(submission),
        "releasing": submission_preview.describe_release(submission),
        "overlaps": [] if mask is None else overlap.find_overlaps(submission, mask),
        "sender": history.sender_history(submission),
        "sources": _sources(request, submission),
        "canned": canned_reasons.offered_reasons(competition),
        "banned": Ban.objects.filter(competition=competition, user=submission.author).first(),
        "appeals": appealed,
        "before": before,
        "after": after,
        "reason": "",
    }


def _sources(request: PersonRequest, submission: Submission) -> list[source_files.SourceFile] | None:
    """The submitted code; None for who may not see it. A moderator with a conflict sees what everybody sees."""
    competition = submission.competition
    membership = membership_of_reader(request, competition)
    if not visibility.may_see_submission(request.user, "bounty.see_source", submission, membership):
        return None
    if rules.decision_refusal(request.user, competition, submission.team, membership):
        return None
    return source_files.read_source_files(submission)


def _neighbours(competition: Competition, entry: QueueEntry) -> tuple[QueueEntry | None, QueueEntry | None]:
    """The items before and after it in its section, for the keyboard."""
    found = section_by_name(entry.section)
    entries = list(found.waiting_entries(competition)) if found else []
    at = next((place for place, each in enumerate(entries) if each.key == entry.key), None)
    if at is None:
        return None, None
    return (
        entries[at - 1] if at else None,
        entries[at + 1] if at + 1 < len(entries) else None,
    )
