"""Views of a person's notices, of their settings, and of the link that ends mail."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bounty.models import Competition, FeedToken, Follow, Notice, NoticeKind, WebHook
from bounty.models.participation import new_token
from bounty.notifications import email, recipients
from bounty.notifications import unsubscribe as notifications_unsubscribe
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.notifications.forms import NoticePreferencesForm
from bounty.web.requests import PersonRequest

PAGE = 30


@login_required
@require_safe
def notice_index(request: PersonRequest) -> HttpResponse:
    """The list of notices, newest first; `?unread=1` shows what was not read yet."""
    rows = Notice.objects.for_reader(request.user).select_related("competition")
    unread = rows.filter(read_at=None).count()
    only_unread = request.GET.get("unread") == "1"
    if only_unread:
        rows = rows.filter(read_at=None)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "unread": unread, "only_unread": only_unread}
    return render(request, "notifications/list.html", context)


@login_required
@require_POST
def read_notice(request: PersonRequest, pk: int) -> HttpResponse:
    """Mark one as read and go where it leads; `stay` keeps the reader on the list."""
    notice = get_object_or_404(Notice.objects.for_reader(request.user), pk=pk)
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    # A path that we wrote ourselves; it never leaves this site.
    if "stay" not in request.POST and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return HttpResponseRedirect(notice.url)
    return redirect("notices")


@login_required
@require_POST
def mark_all_read(request: PersonRequest) -> HttpResponse:
    """Mark as read what was there when the page was shown."""
    rows = Notice.objects.filter(user=request.user, read_at=None)
    newest = request.POST.get("newest", "")
    if newest.isdecimal() and len(newest) < 19:
        rows = rows.filter(pk__lte=int(newest))
    rows.update(read_at=timezone.now())
    return redirect("notices")


@login_required
@require_http_methods(["GET", "POST"])
def edit_notice_settings(request: PersonRequest) -> HttpResponse:
    """Everything that a person can choose: kinds, followed competitions, feeds, web hooks."""
    form = NoticePreferencesForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your choices are kept."))
        return redirect("notice-settings")
    context = {
        "form": form,
        "follows": _follows(request),
        "reachable": email.may_be_mailed(request.user),
        "hooks": WebHook.objects.filter(owner=request.user, competition=None),
        "token": FeedToken.objects.filter(user=request.user).first(),
    }
    return render(request, "notifications/settings.html", context, status=422 if form.errors else 200)


def _follows(request: PersonRequest) -> list[tuple[Competition, bool]]:
    """Competitions that this person entered or once followed, with whether they follow them now."""
    chosen = dict(Follow.objects.filter(user=request.user).values_list("competition", "on"))
    mine = Competition.objects.visible_to(request.user)
    rows = mine.filter(Q(participations__user=request.user) | Q(pk__in=chosen)).distinct()
    return [(row, chosen.get(row.pk, True)) for row in rows.order_by("title")]


@login_required
@require_POST
def follow_competition(request: PersonRequest, slug: str) -> HttpResponse:
    """Follow a competition, or stop to."""
    competition = visible_or_404(request, slug)
    on = request.POST.get("on") == "1"
    Follow.objects.update_or_create(user=request.user, competition=competition, defaults={"on": on})
    if on:
        messages.success(request, _("You follow %(title)s now.") % {"title": competition})
    else:
        messages.success(request, _("You no longer follow %(title)s.") % {"title": competition})
    back = request.POST.get("back", "")
    if back == "settings":
        return redirect(f"{reverse('notice-settings')}#follow")
    return redirect(competition)


@login_required
@require_POST
def renew_feed_token(request: PersonRequest) -> HttpResponse:
    """Make a secret for private feeds, or a new one: the old addresses end."""
    FeedToken.objects.update_or_create(user=request.user, defaults={"token": new_token()})
    messages.success(request, _("Your private feeds have new addresses; old ones no longer work."))
    return redirect(f"{reverse('notice-settings')}#feeds")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End mail of one kind, by a link that was mailed. Only a POST does it: mail programs fetch links by themselves.

    No CSRF token: mail programs POST here by themselves (RFC 8058), and the signed link is the proof.
    """
    if (found := notifications_unsubscribe.read_unsubscribe_token(token)) is None:
        raise Http404("no such link")
    user, kind = found
    if request.method == "POST":
        notifications_unsubscribe.stop_mail(user, kind)
    what = _("the daily digest") if kind == notifications_unsubscribe.DIGEST else NoticeKind(kind).label
    context = {"done": request.method == "POST", "what": what, "kind": kind, "token": token}
    return render(request, "notifications/unsubscribe.html", context)


def unread_count(request: HttpRequest) -> int:
    """The number in the head of every page: one query for who is logged in (two where something is new), none for
    others.
    """
    if not isinstance(request.user.pk, int):
        return 0
    unread = Notice.objects.filter(user=request.user, on_site=True, read_at=None)
    # Mostly there are none: whether a competition may still be seen is asked only where there are.
    found = dict(unread.order_by().values_list("competition").annotate(count=Count("pk")))
    about = {pk for pk in found if pk is not None}
    if about:
        visible = Competition.objects.visible_to(request.user).filter(pk__in=about)
        about -= set(visible.values_list("pk", flat=True))
    return sum(count for pk, count in found.items() if pk not in about)


def is_following(request: HttpRequest, competition: Competition) -> bool:
    """Whether the reader follows the competition."""
    if not request.user.is_authenticated:
        return False
    return recipients.is_follower(request.user, competition, membership_of_reader(request, competition))
