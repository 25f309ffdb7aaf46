"""Authentication of API requests: a token with the scope, or the session of a browser with its CSRF token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from bounty.api import problems, throttling
from bounty.api.problems import Problem
from bounty.people import api_tokens
from bounty.people.api_tokens import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import ApiToken

# Of a request without files.
MOST_TEXT = 256 * 1024
VISITOR = "visitor"

Limit = Callable[[HttpRequest], int]


class ApiRequest(HttpRequest):
    """A request whose sender is known; `auth` is the token, where it was one."""

    user: User
    auth: Any


class CallerAuthentication:
    """The one authentication of an operation. Looks at the request's length before anything reads its body."""

    def __init__(self, scope: Scope, *, visitors: bool = False, limit: Limit | None = None) -> None:
        self.scope, self.visitors, self.limit = scope, visitors, limit

    def __call__(self, request: HttpRequest) -> ApiToken | User | str:
        token = self._token(request)
        self._check_length(request)
        if token is not None:
            return token
        if request.user.is_authenticated:
            # Reads the body where the header has no CSRF token, so it comes after the length.
            if check_csrf(request) is not None:
                raise Problem(
                    "not-allowed", _("The CSRF token is missing: send it as X-CSRFToken, or use a token.")
                )
            return request.user
        if self.visitors:
            return VISITOR
        raise problems.not_authenticated()

    def _token(self, request: HttpRequest) -> ApiToken | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _space, text = header.partition(" ")
        now = timezone.now()
        found = api_tokens.find_token(text.strip(), now) if scheme.lower() == "bearer" else None
        if found is None:
            raise _bad(request, text.strip())
        if self.scope not in found.scopes:
            raise Problem(
                "scope-missing",
                _(
                    "The token “%(name)s” has not the scope “%(scope)s”. Make one that has it on your account page."
                )
                % {"name": found.name, "scope": self.scope.value},
            )
        request.user = found.user
        return found

    def _check_length(self, request: HttpRequest) -> None:
        text = request.META.get("CONTENT_LENGTH") or "0"
        if not text.isdigit():
            raise Problem("malformed", _("The request must say its length."))
        # A visitor who may not write is answered so before anything is asked for them.
        if int(text) <= MOST_TEXT:
            return
        most = self.limit(request) if self.limit else MOST_TEXT
        if int(text) > most:
            raise Problem(
                "too-large",
                _("The request has %(length).1f MB; %(most).1f MB are the most here.")
                % {"length": int(text) / 1024 / 1024, "most": most / 1024 / 1024},
            )


def _bad(request: HttpRequest, text: str) -> Problem:
    throttle = throttling.BadTokens()
    if not throttle.allow_request(request):
        return problems.too_many_requests(throttle.wait())
    if api_tokens.has_expired(text, timezone.now()):
        return Problem(
            "token-expired",
            _("Make a new one on your account page."),
            headers=(("WWW-Authenticate", 'Bearer realm="api", error="invalid_token"'),),
        )
    return problems.not_authenticated()
