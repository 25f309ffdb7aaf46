"""Views of web hooks: a person's own, and a competition's, which its organisers share."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bounty.models import Competition, Delivery, WebHook
from bounty.models.notifications import new_secret
from bounty.notifications import send, webhook_delivery
from bounty.notifications import webhooks as service
from bounty.notifications.webhook_form import WebHookForm
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.refusals import refusal_in_form
from bounty.web.requests import PersonRequest

PAGE = 50


def _own_or_404(request: PersonRequest, pk: int) -> WebHook:
    """The hook, for whom it belongs to; to all others it does not exist."""
    hook = get_object_or_404(WebHook.objects.select_related("competition", "owner"), pk=pk)
    if not rules.may_change_hook(request.user, hook):
        raise Http404("no such web hook")
    return hook


@login_required
@require_http_methods(["GET", "POST"])
def add_own_hook(request: PersonRequest) -> HttpResponse:
    """The form of a new hook of one's own."""
    return _add(request, None)


@login_required
@require_http_methods(["GET", "POST"])
def add_competition_hook(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of a new hook of the competition, for its organisers."""
    competition = visible_or_404(request, slug)
    if not rules.is_organiser(request.user, competition, membership_of_reader(request, competition)):
        raise PermissionDenied(_("Only this competition's organisers can do this."))
    return _add(request, competition)


def _add(request: PersonRequest, competition: Competition | None) -> HttpResponse:
    offered = service.offered_kinds(competition)
    form = WebHookForm(
        request.POST if request.method == "POST" else None, offered=offered, initial={"kinds": offered}
    )
    if request.method == "POST" and form.is_valid():
        with refusal_in_form(form):
            hook = service.add_hook(
                request.user, competition, form.cleaned_data["url"], form.cleaned_data["kinds"]
            )
            messages.success(request, _("The web hook is there. Send it a test."))
            return redirect(hook)
    present = list(service.hooks_of(request.user, competition))
    context = {"form": form, "competition": competition, "present": present}
    return render(request, "notifications/hook_new.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def hook_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """A hook's log, its secret, and what can be done with it."""
    hook = _own_or_404(request, pk)
    offered = service.offered_kinds(hook.competition)
    changing = request.method == "POST" and request.POST.get("do") == "change"
    given = {"url": hook.url, "kinds": hook.kinds}
    form = WebHookForm(request.POST if changing else None, offered=offered, initial=given)
    if request.method == "POST":
        if not changing:
            return _do(request, hook)
        if form.is_valid():
            WebHook.objects.filter(pk=hook.pk).update(**form.cleaned_data)
            messages.success(request, _("The web hook is changed."))
            return redirect(hook)
    page = Paginator(hook.deliveries.all(), PAGE).get_page(request.GET.get("page"))
    context = {
        "hook": hook,
        "form": form,
        "page": page,
        "most_attempts": webhook_delivery.MOST_ATTEMPTS,
        "most_failures": webhook_delivery.MOST_FAILURES,
    }
    return render(request, "notifications/hook.html", context, status=422 if form.errors else 200)


def _do(request: PersonRequest, hook: WebHook) -> HttpResponse:
    """One change, by the button that was pressed."""
    match request.POST.get("do"):
        case "test":
            webhook_delivery.send_test_message(hook)
            send.wake_worker()
            messages.success(request, _("A test is on its way; its outcome appears in the log below."))
        case "secret":
            WebHook.objects.filter(pk=hook.pk).update(secret=new_secret())
            messages.success(request, _("There is a new secret; what is sent from now on is signed with it."))
        case "off":
            WebHook.objects.filter(pk=hook.pk).update(active=False, disabled_reason="")
            messages.success(request, _("The web hook is switched off."))
        case "on":
            webhook_delivery.switch_hook_on(hook)
            messages.success(request, _("The web hook is switched on."))
        case "remove":
            competition = hook.competition
            hook.delete()
            messages.success(request, _("The web hook is gone."))
            if competition is not None:
                return redirect("competition-hooks", competition.slug)
            return redirect("notice-settings")
    return redirect(hook)


@login_required
@require_POST
def resend_delivery(request: PersonRequest, key: str) -> HttpResponse:
    """Send one message of the log again."""
    row = get_object_or_404(Delivery.objects.select_related("hook__competition", "hook__owner"), pk=key)
    if not rules.may_change_hook(request.user, row.hook):
        raise Http404("no such message")
    webhook_delivery.retry_delivery(row)
    send.wake_worker()
    messages.success(request, _("It is sent again."))
    return redirect(row.hook)
