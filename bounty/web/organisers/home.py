"""Views of an organiser's drafts and competitions, and of starting, resuming and discarding a draft."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bounty.core.errors import Refusal
from bounty.models import Competition, CompetitionDraft, Role
from bounty.organisers import drafts, steps
from bounty.permissions import rules
from bounty.web.organisers.lookup import own_draft_or_404
from bounty.web.requests import PersonRequest

State = CompetitionDraft.State


@never_cache
@login_required
@require_GET
def organiser_home(request: PersonRequest) -> HttpResponse:
    """Drafts, competitions that this person organises, and the button of a new one."""
    context = {
        "unfinished": request.user.competition_drafts.exclude(state=State.MADE),
        "competitions": Competition.objects.served_by(request.user, Role.Kind.ORGANISER),
        "may_make": rules.can_make_competition(request.user),
    }
    return render(request, "organisers/home.html", context)


@login_required
@require_POST
def start_draft(request: PersonRequest) -> HttpResponse:
    """Start putting a competition together; nothing else is made yet."""
    try:
        draft = drafts.start_draft(request.user)
    except Refusal as error:
        messages.error(request, str(error))
        return redirect("organise")
    return redirect("organise-step", draft.key, steps.TABLE)


@login_required
@require_GET
def resume_draft(request: PersonRequest, key: UUID) -> HttpResponse:
    """A redirect to where this draft stands: its first step with something to do, its making, or what was made of
    it.
    """
    draft = own_draft_or_404(request, key)
    if draft.state == State.MAKING:
        return redirect("organise-making", key)
    if draft.state == State.MADE:
        if draft.competition is None:
            messages.info(request, _("The competition that was made from it was deleted."))
            return redirect("organise")
        return redirect("organise-competition", draft.competition.slug)
    lacking = drafts.find_missing(draft)
    return redirect("organise-step", key, lacking[0].step if lacking else steps.PREVIEW)


@login_required
@require_POST
def discard_draft(request: PersonRequest, key: UUID) -> HttpResponse:
    """Delete a draft with its table."""
    draft = own_draft_or_404(request, key)
    if draft.state == State.MAKING:
        messages.error(request, _("It is being made right now. Wait a moment."))
        return redirect("organise-making", key)
    drafts.discard_draft(draft)
    messages.success(request, _("It is deleted, with its table."))
    return redirect("organise")
