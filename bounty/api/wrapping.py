"""The wrapper around every operation: problems for what Django itself refuses, HEAD, and answers by their ETag."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.translation import gettext as _

from bounty.api import problems
from bounty.api.problems import Problem

View = Callable[..., HttpResponseBase]


def wrap_operation(view: View) -> View:
    """The view with what holds around every operation."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"
        response = view(request, *args, **kwargs)
        request.method = asked
        if isinstance(response, HttpResponseNotAllowed):
            return _not_allowed(response)
        if asked in ("GET", "HEAD") and response.status_code == 200:
            return _conditional(request, response)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return answer


def _not_allowed(response: HttpResponse) -> HttpResponse:
    allow = response["Allow"]
    detail = _("Use %(methods)s here.") % {"methods": allow}
    return problems.problem_response(Problem("method-not-allowed", detail, headers=(("Allow", allow),)))


def _conditional(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    # What one person may read another may not: nobody between us may keep it.
    if "Cache-Control" not in response:
        response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Authorization", "Cookie"))
    if not response.streaming and isinstance(response, HttpResponse):
        set_response_etag(response)
        return get_conditional_response(request, etag=response["ETag"], response=response) or response
    return response
