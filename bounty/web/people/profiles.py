"""Views of a person's profile, and of changing one's own."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bounty.people import profiles
from bounty.web.people.profile_forms import ProfileForm
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest


# It shows each reader something else, and stops showing it at once.
@never_cache
@require_safe
def profile_detail(request: HttpRequest, username: str) -> HttpResponse:
    """A profile; to whom the person does not show themselves, nobody of that name exists."""
    page = profiles.profile_page(request.user, username)
    if page is None:
        raise Http404("no such person")
    context = {"page": page, "report_in": profiles.reporting_competition(request.user, page)}
    return render(request, "people/profile.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_profile(request: PersonRequest) -> HttpResponse:
    """The form of one's own profile."""
    profile = profiles.profile_of(request.user)
    given = {"bio": profile.bio, "visibility": profile.visibility}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST" and form.is_valid():
        with refusal_in_form(form, "bio"):
            profiles.change_profile(request.user, form.cleaned_data["bio"], form.cleaned_data["visibility"])
            messages.success(request, _("Your page is changed."))
            return redirect("profile", request.user.get_username())
    context = {"form": form, "profile": profile}
    return render(request, "people/profile_edit.html", context, status=422 if form.errors else 200)
