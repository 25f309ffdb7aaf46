"""The board of findings: shown findings, their teams, and the present model's losses there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, QuerySet

from bounty.models import Competition, ModelVersion, Submission, Triage
from bounty.permissions import visibility
from bounty.shared_model.open_findings import FindingHarm, measure_harms

PER_PAGE = 40


@dataclass(frozen=True)
class FindingRow:
    """A finding that a verdict showed. `harm`: the present model's losses there; None where its rows are gone."""

    finding: Submission
    counts: bool  # earns points when a patch helps its rows
    why_not: str
    gap_then: float  # the group's loss over everybody else's, when it was judged
    harm: FindingHarm | None


def list_shown(competition: Competition, team: int | None = None) -> QuerySet[Submission]:
    """Returns the findings that a verdict showed, newest first, with what a page needs; none under an embargo."""
    found = visibility.publicly_visible(competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS))
    if team is not None:
        found = found.filter(team=team)
    return found.select_related("team", "verdict", "triage").order_by("-decided_at", "-number")


def triage_stamp(competition: Competition) -> tuple[Any, ...]:
    """Returns values that change with every triage and answer of a finding, for a cache key."""
    rows = Triage.objects.filter(submission__competition=competition)
    return tuple(rows.aggregate(Max("triaged_at"), Max("answered_at"), Count("pk")).values())


def describe_findings(
    competition: Competition, head: ModelVersion | None, findings: Sequence[Submission]
) -> list[FindingRow]:
    """Returns a row for each of these findings, in their order; one query for the masks."""
    now = {} if head is None else {h.finding.pk: h for h in measure_harms(competition, head, findings)}
    return [_finding_row(finding, now.get(finding.pk)) for finding in findings]


def _finding_row(finding: Submission, harm: FindingHarm | None) -> FindingRow:
    verdict = getattr(finding, "verdict", None)
    feedback = verdict.finding_feedback if verdict is not None else None
    return FindingRow(
        finding,
        bool(feedback and feedback.counts),
        feedback.why_not if feedback else "",
        feedback.gap if feedback else 0.0,
        harm,
    )
