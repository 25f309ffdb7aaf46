"""Options that every operation declares alike: who may call it, and which problems it may answer with."""

from __future__ import annotations

from typing import Any

from bounty.api.auth import CallerAuthentication, Limit
from bounty.api.problems import ProblemOut
from bounty.people.api_tokens import Scope

# The addresses of one competition begin so.
INSIDE = "/competitions/{slug:slug}"
# Of the numbers that rows have, in any database.
LARGEST = 2**63 - 1
_ALWAYS = (401, 429)
_WRITES = (400, 403, 413, 422)


def read_options(answer: Any, *problems: int, visitors: bool = False, **more: Any) -> dict[str, Any]:
    """Ninja's options of a GET. `visitors`: also without an account, as the page is."""
    return {
        "auth": CallerAuthentication(Scope.READ, visitors=visitors),
        "response": {200: answer, **dict.fromkeys((*_ALWAYS, *problems), ProblemOut)},
        **_secured(visitors=visitors, extra=more.pop("openapi_extra", {})),
        **more,
    }


def write_options(
    answer: Any,
    *problems: int,
    scope: Scope = Scope.SUBMIT,
    status: int = 200,
    limit: Limit | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Ninja's options of an operation that changes something, or sends text to be looked at."""
    return {
        "auth": CallerAuthentication(scope, limit=limit),
        "response": {status: answer, **dict.fromkeys((*_ALWAYS, *_WRITES, *problems), ProblemOut)},
        **_secured(visitors=False, extra=more.pop("openapi_extra", {})),
        **more,
    }


def _secured(*, visitors: bool, extra: dict[str, Any]) -> dict[str, Any]:
    security: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
    return {"openapi_extra": {"security": [*security, {}] if visitors else security, **extra}}
