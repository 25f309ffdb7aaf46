"""Exceptions of the API client, which say how to mend what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import requests


class Problem(Exception):
    """A problem that the site reported. `kind` names why; `errors` are the entries to mend, each with its field and
    words.
    """

    def __init__(
        self, message: str, *, kind: str = "", status: int = 0, errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.kind, self.status, self.errors = kind, status, tuple(errors)

    def __str__(self) -> str:
        lines = [super().__str__()]
        if len(self.errors) > 1:
            lines = ["Something has to be mended first:"]
        if self.errors:
            told = [f"  {field_name(error)}: {error.get('detail', '')}" for error in self.errors]
            lines = (
                told
                if len(self.errors) > 1
                else [f"{field_name(self.errors[0])}: {self.errors[0]['detail']}"]
            )
        return "\n".join(lines)


class BadToken(Problem):
    """No token, a wrong one, or one whose time is over: make a new one on your account page."""


class Forbidden(Problem):
    """A request that your token, or you, may not make."""


class NotFound(Problem):
    """Nothing of that name, or it is not yours to see."""


class Conflict(Problem):
    """A request that cannot be done as things are now: closed, used up, ended already."""


class Invalid(Problem):
    """A request to mend; `errors` say what."""


class TooManyRequests(Problem):
    """Too many requests: wait a little."""


class ServerFault(Problem):
    """A fault of the site's own."""


class Unreachable(Problem):
    """No answer from the site."""


_KINDS: dict[int, type[Problem]] = {
    400: Invalid,
    401: BadToken,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
    429: TooManyRequests,
}


def field_name(error: Mapping[str, str]) -> str:
    """The name of the field to be mended, as it is spelled in the call."""
    pointer = error.get("pointer") or ""
    name = pointer.removeprefix("#").removeprefix("/").replace("~1", "/").replace("~0", "~")
    return name or error.get("parameter") or "the request"


def read_problem(response: requests.Response) -> Problem:
    """The exception that a response stands for."""
    told: dict[str, Any] = {}
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        told = response.json()
    found = ServerFault if response.status_code >= 500 else _KINDS.get(response.status_code, Problem)
    message = told.get("detail") or f"The site answered {response.status_code} {response.reason}."
    return found(
        message,
        kind=str(told.get("type", "")).rpartition("problem-")[2],
        status=response.status_code,
        errors=[error for error in told.get("errors", ()) if error.get("detail")],
    )
