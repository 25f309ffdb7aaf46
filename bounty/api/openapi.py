"""The OpenAPI 3.1 document: what the operations declare, and what holds for all of them."""

from __future__ import annotations

from typing import Any

from bounty.api.problems import MEDIA_TYPE
from bounty.people.api_tokens import Scope

SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made on your account page, shown once. Scopes: " + ", ".join(Scope.values) + ".",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "A browser that is logged in; what changes something needs X-CSRFToken too.",
    },
}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}


def complete_document(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what the generator does not say: the media type of problems, how to log in, answers by
    their tag.
    """
    document["components"]["securitySchemes"] = SECURITY
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["parameters"].sort(key=lambda parameter: parameter["in"])
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            answer["content"] = {MEDIA_TYPE: content["application/json"]}
        if int(status) == 429:
            answer["headers"] = RETRY_AFTER
    if method == "get":
        operation["responses"][304] = {"description": "As it was when you had this ETag"}
