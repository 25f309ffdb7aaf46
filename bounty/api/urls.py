"""Addresses of the API, of its document and of its reference."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from bounty.api import reference
from bounty.api.application import api
from bounty.api.wrapping import wrap_operation


def _operations() -> list[URLPattern]:
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        if pattern.callback is not None:
            pattern.callback = wrap_operation(pattern.callback)
    return patterns


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", reference.reference_page, name="api"),
    path("api/operations/<slug:group>/", reference.operation_group, name="api-operations"),
    path("api/v1/openapi.json", reference.openapi_document, name="api-document"),
    path("api/v1/", include((_operations(), "ninja"), namespace="api-v1")),
    # So that a script gets a problem, and no page, for a slip in an address.
    re_path("^api/", reference.unknown_address),
]
