"""Problems as application/problem+json (RFC 9457): the same words that the pages have, and where to mend it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import Field

from bounty.core.errors import Refusal
from evaluator.errors import ParticipantError, PlatformFault

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Where the reference page explains a kind of problem.
ADDRESS = "/api/#problem-"

# kind -> (status, title). The kinds are part of the interface: scripts tell problems apart by them.
KINDS: dict[str, tuple[int, Any]] = {
    "malformed": (400, gettext_lazy("The request could not be read")),
    "not-authenticated": (401, gettext_lazy("Say who you are")),
    "token-expired": (401, gettext_lazy("This token has expired")),
    "not-allowed": (403, gettext_lazy("You may not do this")),
    "scope-missing": (403, gettext_lazy("This token may not do this")),
    "not-found": (404, gettext_lazy("There is nothing here for you")),
    "method-not-allowed": (405, gettext_lazy("This address does not know that method")),
    "conflict": (409, gettext_lazy("This cannot be done as things are now")),
    "in-progress": (409, gettext_lazy("The same request is being answered already")),
    "too-large": (413, gettext_lazy("The request is too large")),
    "invalid": (422, gettext_lazy("Something has to be mended first")),
    "key-reused": (422, gettext_lazy("This key stands for another request")),
    "too-many-requests": (429, gettext_lazy("Too many requests")),
    "fault": (500, gettext_lazy("This is our fault")),
    "unavailable": (503, gettext_lazy("This cannot be answered right now")),
}


class FieldProblem(Schema):
    """One thing to mend: `pointer` into the body (RFC 6901), or the name of the query `parameter`."""

    detail: str
    pointer: str | None = Field(
        None, description="Into the body, for example #/expression; # for the whole of it."
    )
    parameter: str | None = Field(None, description="Of the address.")


class ProblemOut(Schema):
    """RFC 9457. `type` ends with the kind of the problem and leads to its explanation."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


@dataclass(frozen=True)
class Problem(Exception):
    """The exception that an endpoint raises anywhere; `headers` go with the answer."""

    kind: str
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def field_problem(name: str, detail: str) -> dict[str, str]:
    """The entry for one wrong field of the body; "" for the whole of it."""
    # RFC 6901: these two characters have a meaning of their own in a pointer.
    escaped = name.replace("~", "~0").replace("/", "~1")
    return {"pointer": f"#/{escaped}" if name else "#", "detail": detail}


def form_problem(form: BaseForm) -> Problem:
    """The problem of a form's errors, each beside its field, as its page shows them."""
    errors = [
        field_problem("" if name == "__all__" else name, str(message))
        for name, messages in form.errors.items()
        for message in messages
    ]
    return Problem("invalid", " ".join(error["detail"] for error in errors), tuple(errors))


def problem_response(problem: Problem) -> HttpResponse:
    """The response that answers with a problem."""
    status, title = KINDS[problem.kind]
    body = {
        "type": ADDRESS + problem.kind,
        "title": str(title),
        "status": status,
        "detail": problem.detail,
        "errors": list(problem.errors),
    }
    return JsonResponse(
        body,
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **dict(problem.headers)},
    )


def not_authenticated() -> Problem:
    return Problem(
        "not-authenticated",
        _("Log in, or send a token: make one on your account page and send it as “Authorization: Bearer …”."),
        headers=(("WWW-Authenticate", 'Bearer realm="api"'),),
    )


def not_found() -> Problem:
    return Problem("not-found", _("It does not exist, or it is not yours to see."))


def too_many_requests(seconds: float) -> Problem:
    return Problem(
        "too-many-requests",
        _("Wait %(seconds)d seconds, then go on.") % {"seconds": max(1, round(seconds))},
        headers=(("Retry-After", str(max(1, round(seconds)))),),
    )


def _invalid(error: ValidationError) -> Problem:
    """The problem of pydantic's complaints in kind words, each with where it is."""
    errors = [_located(found) for found in error.errors]
    return Problem("invalid", " ".join(found["detail"] for found in errors), tuple(errors))


_WORDS: dict[str, Any] = {
    "missing": gettext_lazy("This is needed."),
    "extra_forbidden": gettext_lazy("There is no such entry here."),
    "string_type": gettext_lazy("This must be text."),
    "bool_type": gettext_lazy("This must be true or false."),
    "bool_parsing": gettext_lazy("This must be true or false."),
    "int_parsing": gettext_lazy("This must be a whole number."),
    "int_type": gettext_lazy("This must be a whole number."),
    "json_type": gettext_lazy("This must be a JSON object."),
    "model_attributes_type": gettext_lazy("This must be a JSON object."),
    "string_pattern_mismatch": gettext_lazy("This must not be empty."),
}


def _located(found: Mapping[str, Any]) -> dict[str, str]:
    where, *path = (str(step) for step in found["loc"])
    detail = str(_WORDS.get(found["type"], found["msg"]))
    if where == "body":
        # The first step is the name of our own argument.
        return field_problem("/".join(path[1:]), detail) if path[1:] else field_problem("", detail)
    return {"parameter": path[-1] if path else where, "detail": detail}


def _refusal(error: Refusal) -> Problem:
    """The problem of a service's refusal in its own words: an entry to mend, or how things stand."""
    if error.status == 422:
        return Problem("invalid", error.message, (field_problem(error.field, error.message),))
    return Problem("conflict", error.message)


def _http(error: HttpError) -> Problem:
    if isinstance(error, Throttled):
        return too_many_requests(error.wait or 1)
    if isinstance(error, AuthenticationError):
        return not_authenticated()
    return Problem("malformed" if error.status_code == 400 else "not-allowed", str(error))


def _fault(error: PlatformFault) -> Problem:
    log.error("the API could not answer: %s", error)
    return Problem(
        "unavailable",
        _("Something that belongs to us is missing. Please tell the organiser, and try again later."),
    )


def _unexpected(error: Exception) -> Problem:
    log.exception("the API failed", exc_info=error)
    return Problem("fault", _("It was not your request. Try again later, and tell us if it stays."))


def _too_large(error: Exception) -> Problem:
    return Problem("too-large", _("Send less at once; files belong into a multipart form."))


HANDLERS: dict[type[Exception], Callable[[Any], Problem]] = {
    Exception: _unexpected,
    Problem: lambda problem: problem,
    Http404: lambda _error: not_found(),
    HttpError: _http,
    ValidationError: _invalid,
    PermissionDenied: lambda error: Problem("not-allowed", str(error) or _("You may not do this.")),
    RequestDataTooBig: _too_large,
    TooManyFieldsSent: _too_large,
    TooManyFilesSent: _too_large,
    SuspiciousOperation: lambda _error: Problem("malformed", _("The request could not be read.")),
    MultiPartParserError: lambda _error: Problem("malformed", _("The multipart form is broken.")),
    UnreadablePostError: lambda _error: Problem("malformed", _("The request ended too early.")),
    Refusal: _refusal,
    ParticipantError: lambda error: Problem(
        "invalid", error.detail, (field_problem("expression", error.detail),)
    ),
    PlatformFault: _fault,
}


def install_handlers(api: NinjaAPI) -> None:
    """Have every exception answered as a problem."""
    for kind, describe in HANDLERS.items():
        api.add_exception_handler(kind, _handler(describe))


def _handler(describe: Callable[[Any], Problem]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda _request, error: problem_response(describe(error))


def known_statuses() -> Iterable[int]:
    return {status for status, _title in KINDS.values()}
