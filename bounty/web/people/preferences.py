"""Views of the reader's language and time zone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from bounty.core import localization
from bounty.models import Preferences
from bounty.web.people.preference_forms import LanguageForm
from bounty.web.requests import PersonRequest


@login_required
@require_http_methods(["GET", "POST"])
def edit_preferences(request: PersonRequest) -> HttpResponse:
    """The form of the account's language and zone."""
    row = Preferences.objects.filter(user=request.user).first() or Preferences(user=request.user)
    form = LanguageForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        localization.apply_preferences(request, row)
        with translation.override(row.language or translation.get_language()):
            messages.success(request, _("Your choices are kept."))
        return redirect("preferences")
    return render(request, "people/preferences.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The chooser at the foot of every page: back to the page, in that language; the account remembers it."""
    response = set_language(request)
    wanted = request.POST.get("language", "")
    if isinstance(request.user.pk, int) and translation.check_for_language(wanted):
        Preferences.objects.update_or_create(user_id=request.user.pk, defaults={"language": wanted})
    return response
