"""Pages for requests that Django refuses by itself, with an empty or technical answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token is none of this session's: settings.CSRF_FAILURE_VIEW."""
    return render(request, "form_too_old.html", status=403)


class MethodNotAllowedPage:
    """Middleware that answers a GET of an address that only takes forms with a page, as after logging in anew."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            response.status_code != 405
            or request.method != "GET"
            or getattr(response, "content", True)
            or not request.accepts("text/html")
            or request.path.startswith("/api/")
        ):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response.get("Allow", "POST")
        return page
