"""The API put together: every resource, one way to be refused, one document."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from bounty.api import (
    accounts,
    appeals,
    competitions,
    corrections,
    data,
    discussion,
    dry_runs,
    exploration,
    group_boards,
    leaderboard,
    moderation,
    moderation_queue,
    moderation_settings,
    notifications,
    openapi,
    organisers,
    people,
    problems,
    reports,
    shared_model,
    submissions,
    triage,
    webhooks,
    write_ups,
)
from bounty.api.throttling import PerMinute

VERSION = "1.0"
DESCRIPTION = (
    "All that the site does for its people. Send a token as “Authorization: Bearer …”; what is public needs none. "
    "Errors are application/problem+json: `type` names the kind, `errors` point at what to mend."
)


class Api(NinjaAPI):
    """Ninja's API class, with the document completed once."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        return self.document

    @cached_property
    def document(self) -> Any:
        return openapi.complete_document(super().get_openapi_schema(path_prefix="/api/v1/"))


# In the order of the reference.
PARTS = (
    people,
    accounts,
    organisers,
    corrections,
    competitions,
    data,
    exploration,
    submissions,
    dry_runs,
    appeals,
    moderation,
    moderation_queue,
    moderation_settings,
    triage,
    leaderboard,
    group_boards,
    shared_model,
    discussion,
    write_ups,
    reports,
    notifications,
    webhooks,
)


def _build() -> Api:
    api = Api(
        title="Bias Bounty",
        version=VERSION,
        description=DESCRIPTION,
        urls_namespace="api-v1",
        docs_url=None,
        openapi_url=None,
        throttle=[PerMinute()],
    )
    problems.install_handlers(api)
    for part in PARTS:
        api.add_router("/competitions" if part is competitions else "", part.router)
    return api


api = _build()
