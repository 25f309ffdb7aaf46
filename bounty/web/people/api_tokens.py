"""Views of one's API tokens: make one, see it once, revoke it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from bounty.models import ApiToken
from bounty.people import api_tokens as service
from bounty.people.api_tokens import Scope
from bounty.web.people.api_token_forms import TokenForm
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest


@sensitive_variables("made")
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def token_index(request: PersonRequest) -> HttpResponse:
    """The list, and the form. The answer to the form holds the token: no other page ever does."""
    now = timezone.now()
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusal_in_form(form, "name"):
            _row, made = service.issue_token(
                request.user, given["name"], given["scopes"], now, form.duration()
            )
            form = TokenForm()
    words = dict(Scope.choices)
    rows = [
        {
            "token": row,
            "scopes": [words.get(scope, scope) for scope in row.scopes],
            "over": row.expires_at <= now,
        }
        for row in ApiToken.objects.filter(user=request.user, revoked_at=None)
    ]
    context = {"form": form, "made": made, "rows": rows}
    return render(request, "people/api_tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: PersonRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    if not service.revoke_token(request.user, pk, timezone.now()):
        raise Http404("no such token")
    messages.success(request, _("It is revoked: whoever still sends it is refused."))
    return redirect("tokens")
