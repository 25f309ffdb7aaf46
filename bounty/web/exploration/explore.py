"""Views of the explore page: a group on public rows, suggested starting points, and the way to submitting it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bounty.core.measures import scale_of
from bounty.exploration import preview as previews
from bounty.exploration import suggestions
from bounty.exploration.compose import add_condition
from bounty.exploration.data import load_explore_data
from bounty.exploration.explore import explore_group
from bounty.ledger import overview
from bounty.models import Competition, ModelVersion
from bounty.permissions.lookup import visible_or_404
from bounty.web.submissions.submit import column_json
from evaluator.errors import ParticipantError

# Anonymous readers may look as well: the rows are public.
SHOWN_TEXT = 2100


@never_cache
@require_GET
def explore_groups(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or for htmx the answer alone. The expression lies in the address, so that a link can be shared."""
    competition = visible_or_404(request, slug)
    head = _head(competition)
    if head is None:
        return render(request, "exploration/not_yet.html", {"competition": competition})
    if request.GET.get("add_column"):
        return _added(request, competition)
    context = _answer(request, competition)
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        response = render(request, "exploration/answer.html", context | {"oob": True})
    else:
        context |= _controls(request, competition, head)
        response = render(
            request, "exploration/explore.html", context, status=422 if context["error"] else 200
        )
    patch_vary_headers(response, ["HX-Request"])
    return response


@never_cache
@require_GET
def list_suggestions(request: HttpRequest, slug: str) -> HttpResponse:
    """Suggested starting points, searched for once a version; without htmx a redirect to the page, which then has
    them.
    """
    competition = visible_or_404(request, slug)
    head = _head(competition)
    if head is None:
        raise Http404("no model yet")
    found = suggestions.find_suggestions(competition, head)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('explore', args=[competition.slug])}#starts")
    return render(request, "exploration/suggestions.html", _suggested(competition, found) | {"asked": True})


def _head(competition: Competition) -> ModelVersion | None:
    """The present version; None before the competition is prepared."""
    if not competition.tables:
        return None
    versions = competition.versions.current()
    return versions.defer("nodes_json", "groups").order_by("-number").first()


def _answer(request: HttpRequest, competition: Competition) -> dict[str, Any]:
    text = request.GET.get("expression", "").strip()
    down, across = request.GET.get("down", ""), request.GET.get("across", "")
    context: dict[str, Any] = {
        "competition": competition,
        "expression": text[:SHOWN_TEXT],
        "error": "",
        "refusal": "",
        "look": None,
    }
    if not previews.is_within_preview_rate(f"explore:{previews.rate_limit_key(request)}"):
        context["refusal"] = _("That was a lot of looks in a short time. Wait half a minute, then go on.")
        return context
    try:
        context["look"] = explore_group(competition, text, down, across)
    except ParticipantError as error:
        context["error"] = error.detail
    if text and context["look"]:
        address = reverse("submit", args=[competition.slug])
        for name in ("none", "fit"):
            context[f"submit_{name}"] = f"{address}?{urlencode({'expression': text, 'patch': name})}"
    return context


def _controls(request: HttpRequest, competition: Competition, head: ModelVersion) -> dict[str, Any]:
    ground = load_explore_data(competition, head)
    features = ground.schema.features
    return {
        "gain": overview.gain_standing(competition),
        "builder": [column_json(column) for column in features],
        "crossable": ground.all_binned(),
        "down": request.GET.get("down", ""),
        "across": request.GET.get("across", ""),
        "could_not_add": request.GET.get("could_not_add", "")[:300],
        **_suggested(competition, suggestions.cached_suggestions(competition, head)),
    }


def _suggested(competition: Competition, found: list[suggestions.Suggestion] | None) -> dict[str, Any]:
    scale = scale_of(competition.loss)
    rows = None
    if found is not None:
        rows = [
            {
                "suggestion": one,
                "share": f"{one.share:.1%}",
                "loss": previews.interval_in_words(
                    previews.Interval(one.mean, one.low, one.high), scale, signed=False
                ),
                "query": urlencode({"expression": one.text}),
            }
            for one in found
        ]
    return {"competition": competition, "suggested": rows, "scale": scale}


def _added(request: HttpRequest, competition: Competition) -> HttpResponse:
    """A redirect to the page with one condition, chosen in words, joined to the expression; for readers without
    JavaScript.
    """
    kept = {name: request.GET[name] for name in ("down", "across") if request.GET.get(name)}
    expression = request.GET.get("expression", "").strip()
    try:
        kept["expression"] = add_condition(
            competition.schema,
            expression,
            request.GET["add_column"],
            request.GET.get("add_is", "=="),
            request.GET.get("add_value", ""),
        )
    except ParticipantError as error:
        kept |= {"expression": expression, "could_not_add": error.detail.partition("\n")[0]}
    return redirect(f"{reverse('explore', args=[competition.slug])}?{urlencode(kept)}")
