"""Views of the OpenAPI document and of the reference for people, both from the same source."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.text import slugify
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from bounty.api import problems
from bounty.api.application import api
from bounty.api.problems import KINDS
from bounty.people.api_tokens import Scope

# How a schema is written in one word, where it is that simple.
_REF = "#/components/schemas/"


@require_safe
def openapi_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document as JSON."""
    response = JsonResponse(api.document, headers={"Cache-Control": "no-cache"})
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """The problem for every other address below the API's."""
    return problems.problem_response(problems.not_found())


@require_safe
def reference_page(request: HttpRequest) -> HttpResponse:
    """The page of what holds everywhere, and where every operation is described."""
    context = {
        "api": api.document["info"],
        "groups": _groups(),
        "problems": [(kind, status, title) for kind, (status, title) in KINDS.items()],
        "scopes": Scope.choices,
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/reference.html", context)


@require_safe
def operation_group(request: HttpRequest, group: str) -> HttpResponse:
    """The page of the operations of one kind of thing, in words."""
    found = next((each for each in _groups() if each["slug"] == group), None)
    if found is None:
        raise Http404("no such operations")
    return render(request, "api/operations.html", {"group": found})


def _groups() -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in api.document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_describe_operation(path, method, operation))
    return [
        {"name": name, "slug": slugify(name), "operations": described} for name, described in groups.items()
    ]


def _describe_operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "description": operation.get("description", ""),
        "parameters": [
            {
                "name": parameter["name"],
                "where": parameter["in"],
                "type": _type(parameter["schema"]),
                "needed": parameter["required"],
                "description": parameter.get("description", ""),
            }
            for parameter in operation["parameters"]
        ],
        "body": _fields(_schema_of(operation.get("requestBody", {}))),
        "media": list(operation.get("requestBody", {}).get("content", {})),
        "answer": _fields(_answer(operation)),
        "open": {} in operation.get("security", []),
        "statuses": sorted(int(status) for status in operation["responses"]),
    }


def _answer(operation: dict[str, Any]) -> dict[str, Any]:
    good = next(answer for status, answer in operation["responses"].items() if int(status) < 300)
    return _schema_of(good)


def _schema_of(holder: dict[str, Any]) -> dict[str, Any]:
    contents = list(holder.get("content", {}).values())
    # The form has all that JSON has, and files.
    return _resolved(contents[-1]["schema"]) if contents else {}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(api.document["components"]["schemas"][schema["$ref"].removeprefix(_REF)])
    if "anyOf" in schema:
        return _resolved(schema["anyOf"][0])
    return schema


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(entry),
            "needed": name in needed,
            "description": entry.get("description", ""),
        }
        for name, entry in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"] if value != "")
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"].removeprefix(_REF))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return (
        "file" if schema.get("format") == "binary" else str(schema.get("format") or schema.get("type", "any"))
    )
