"""Shapes that answers about confirmed findings share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from bounty.models import Submission


class FindingFieldsOut(Schema):
    id: UUID
    number: int
    team: str
    words: str
    expression: str
    description: str
    state: str = Field(description="worse: on practice rows, not confirmed; or confirmed")
    decided_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="By final rows or by a certification query; null where the verdict itself confirms."
    )


def finding_fields(finding: Submission) -> dict[str, Any]:
    """Fields of FindingFieldsOut."""
    return {
        "id": finding.pk,
        "number": finding.number,
        "team": finding.team.slug,
        "words": finding.words,
        "expression": finding.expression,
        "description": finding.description,
        "state": finding.state,
        "decided_at": finding.decided_at,
        "confirmed_at": finding.confirmed_at,
    }
