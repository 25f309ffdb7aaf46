"""API of exploration: groups on public rows, what the models lose there, and where to begin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bounty.api import problems
from bounty.api.operations import INSIDE, read_options
from bounty.api.problems import Problem
from bounty.api.schemas.common import IntervalOut, interval_out
from bounty.exploration import preview as previews
from bounty.exploration import suggestions
from bounty.exploration.explore import measure_group
from bounty.models import Competition, ModelVersion
from bounty.permissions.lookup import visible_or_404
from bounty.shared_model import queries
from evaluator.errors import ParticipantError

router = Router(tags=["Explore"])


class ModelLossOut(Schema):
    """One model's mean loss in the group, elsewhere, and the difference, each with its 95% interval."""

    version: int
    inside: IntervalOut | None
    outside: IntervalOut | None
    gap: IntervalOut | None


class LookOut(Schema):
    words: str
    expression: str = Field(description="As the site writes it; empty for everyone.")
    rows: int
    of_rows: int
    smallest: int = Field(description="Below so many rows a group is too small to submit.")
    models: list[ModelLossOut] = Field(
        description="The present model, then the base model where it is another."
    )


class SuggestionOut(Schema):
    """Found and measured on the same rows, so it looks worse than it is."""

    by: str = Field(description="tree or sliceline")
    expression: str
    words: str
    rows: int
    share: float
    loss: IntervalOut


class SuggestionsOut(Schema):
    version: int
    searching: bool = Field(description="True: another request is searching; ask again in a few seconds.")
    items: list[SuggestionOut]


@router.get(
    f"{INSIDE}/explore", operation_id="explore", **read_options(LookOut, 404, 409, 422, visitors=True)
)
def explore(request: HttpRequest, slug: str, expression: str = "") -> LookOut:
    """Look at one group on the explore rows, or at everyone. It costs nothing and tells nothing of secret rows."""
    competition = visible_or_404(request, slug)
    _head(competition)
    _check_rate(request)
    try:
        found = measure_group(competition, expression.strip())
    except ParticipantError as error:
        raise Problem(
            "invalid", error.detail, ({"parameter": "expression", "detail": error.detail},)
        ) from None
    return LookOut(
        words=found.words,
        expression=found.text,
        rows=found.rows,
        of_rows=found.of_rows,
        smallest=competition.smallest_group,
        models=[
            ModelLossOut(
                version=version, inside=interval_out(a), outside=interval_out(b), gap=interval_out(c)
            )
            for version, (a, b, c) in found.models
        ],
    )


@router.get(
    f"{INSIDE}/explore/suggestions",
    operation_id="listSuggestions",
    **read_options(SuggestionsOut, 404, 409, visitors=True),
)
def list_suggestions(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Groups where the present model errs most on the explore rows: where to begin. Searched once a version."""
    competition = visible_or_404(request, slug)
    head = _head(competition)
    _check_rate(request)
    found = suggestions.find_suggestions(competition, head)
    items = [
        SuggestionOut(
            by=one.by,
            expression=one.text,
            words=one.words,
            rows=one.rows,
            share=one.share,
            loss=IntervalOut(mean=one.mean, low=one.low, high=one.high),
        )
        for one in found or []
    ]
    return {"version": head.number, "searching": found is None, "items": items}


def _head(competition: Competition) -> ModelVersion:
    head = queries.head_version(competition) if competition.tables else None
    if head is None:
        raise Problem("conflict", _("There is no model yet."))
    return head


def _check_rate(request: HttpRequest) -> None:
    """Raise a problem above the page's own limit, with which it is counted."""
    if not previews.is_within_preview_rate(f"explore:{previews.rate_limit_key(request)}"):
        raise problems.too_many_requests(previews.PER_SECONDS)
