"""Views of the moderators' queue: what waits, filters, and decisions about many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.models import Competition
from bounty.moderation import canned_reasons, queue, sections, statistics
from bounty.permissions.lookup import moderated_or_404
from bounty.permissions.moderators import moderators_of
from bounty.web.requests import PersonRequest

PER_PAGE = 50
DO = ("release", "refuse", "assign")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def moderation_queue(request: PersonRequest, slug: str) -> HttpResponse:
    """The queue; a POST decides about the ticked items and says what became of each."""
    competition = moderated_or_404(request, slug)
    if request.method == "POST":
        return _decide(request, competition)
    return render(request, "moderation/queue.html", _context(request, competition))


def _decide(request: PersonRequest, competition: Competition) -> HttpResponse:
    do, names, reason = (
        request.POST.get("do", ""),
        request.POST.getlist("item"),
        request.POST.get("reason", ""),
    )
    if one := request.POST.get("take"):
        names, do, to = [one], "assign", request.user
    else:
        to = _person(competition, request.POST.get("to", ""))
    typed = {"reason": reason, "ticked": names, "to": to}
    if fill := request.POST.get("fill", ""):
        typed["reason"] = canned_reasons.fill_reason(competition, fill, reason)
        return render(request, "moderation/queue.html", _context(request, competition) | typed)
    if problem := _problem(do, names, reason):
        context = _context(request, competition) | typed | {"problem": problem}
        return render(request, "moderation/queue.html", context, status=422)
    done = queue.decide_many(competition, names, do, request.user, reason=reason, to=to)
    failed = [outcome for outcome in done if not outcome.done]
    if not failed:
        words = ngettext("%(count)s item: %(what)s.", "%(count)s items: %(what)s.", len(done))
        messages.success(request, words % {"count": len(done), "what": done[0].words})
        return redirect("moderate", competition.slug)
    typed["ticked"] = [outcome.name for outcome in failed]
    context = _context(request, competition) | typed | {"outcomes": done, "failed": len(failed)}
    return render(request, "moderation/queue.html", context, status=422)


def _problem(do: str, names: list[str], reason: str) -> str:
    if do not in DO:
        return _("Choose what to do with the ticked items.")
    if not names:
        return _("Tick the items first that this is about.")
    if len(names) > queue.AT_ONCE:
        return _("Tick at most %(most)s items at once.") % {"most": queue.AT_ONCE}
    if do == "refuse" and not reason.strip():
        return _("Say why they are refused: each team reads it.")
    return ""


def _person(competition: Competition, value: str) -> Any:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    return moderators_of(competition).filter(pk=int(value)).first()


def _context(request: PersonRequest, competition: Competition) -> dict[str, Any]:
    now = timezone.now()
    wanted = _wanted(request.GET)
    entries = queue.waiting_entries(competition)
    found = queue.queue_rows(competition, entries, request.user, now)
    shown = [row for row in found if wanted.holds(row)]
    return {
        "competition": competition,
        "numbers": statistics.section_numbers(competition, entries, now),
        "total": len(found),
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "sections": [(section.name, section.title) for section in sections.all_sections()],
        "moderators": list(moderators_of(competition)),
        "canned": canned_reasons.offered_reasons(competition),
    }


def _wanted(asked: QueryDict) -> queue.QueueFilter:
    names = {section.name for section in sections.all_sections()}
    section, who = asked.get("section", ""), asked.get("who", "")
    return queue.QueueFilter(
        section if section in names else "",
        who if who in (queue.MINE, queue.NOBODY, queue.OTHERS) else "",
        asked.get("q", "").strip()[:100],
        bool(asked.get("soon")),
    )
