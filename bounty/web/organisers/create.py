"""Views of making the competition of a draft: the button, and the page that waits for the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bounty.core.errors import Refusal
from bounty.models import CompetitionDraft
from bounty.organisers import create_from_draft
from bounty.web.organisers.lookup import own_draft_or_404
from bounty.web.requests import PersonRequest

State = CompetitionDraft.State


@login_required
@require_POST
def make_competition(request: PersonRequest, key: UUID) -> HttpResponse:
    """Ask a worker to make it. Pressed twice, the second press leads to the same page."""
    draft = own_draft_or_404(request, key)
    try:
        create_from_draft.request_creation(draft)
    except Refusal as error:
        if draft.state == State.EDITING:
            messages.error(request, str(error))
        return redirect("organise-draft", key)
    return redirect("organise-making", key)


@never_cache
@login_required
@require_GET
def creation_progress(request: PersonRequest, key: UUID) -> HttpResponse:
    """The worker's progress; asked again by itself every two seconds."""
    draft = own_draft_or_404(request, key)
    is_fragment = "HX-Request" in request.headers
    context: dict[str, Any] = {"draft": draft, "stages": list(create_from_draft.STAGES.items())}
    context["words"] = create_from_draft.STAGES.get(draft.stage, draft.stage)
    if draft.state == State.MAKING:
        template = "organisers/_making.html" if is_fragment else "organisers/making.html"
        return render(request, template, context)
    if draft.state == State.EDITING and draft.problem:
        messages.error(request, draft.problem)
        answer = redirect("organise-step", key, draft.problem_step or "preview")
    elif draft.state == State.MADE and draft.competition:
        messages.success(request, _("It is made. Look at it as participants will, then open it."))
        answer = redirect("organise-competition", draft.competition.slug)
    else:
        answer = redirect("organise-draft", key)
    if is_fragment:
        # A redirect inside a fragment would put the whole page into it.
        response = HttpResponse()
        response["HX-Redirect"] = answer.url
        return response
    return answer
