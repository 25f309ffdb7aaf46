"""Shapes that answers about confirmed findings share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from bounty.models import Submission


class FindingFieldsOut(Schema):
    id: UUID
    number: int
    team: str
    words: str
    expression: str
    description: str
    decided_at: datetime | None


def finding_fields(finding: Submission) -> dict[str, Any]:
    """Fields of FindingFieldsOut."""
    return {
        "id": finding.pk,
        "number": finding.number,
        "team": finding.team.slug,
        "words": finding.words,
        "expression": finding.expression,
        "description": finding.description,
        "decided_at": finding.decided_at,
    }
