"""Credits: each team's points for a version, on practice rows while open, on final rows once at the close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from bounty.core import artifacts
from bounty.models import Competition, Credit, ModelVersion, Submission
from bounty.shared_model import arrays
from evaluator.adjudication.nominations import own_part
from evaluator.scoring import points

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CountedFinding:
    """A finding that counts: its team, when it was decided, and its group (bool over all rows).

    `own` are the rows that it is judged and paid on: by the present rule those in no earlier finding that counts.
    `confirmed`: only then it is paid, and its share shown.
    """

    team_id: int
    decided_at: datetime
    mask: NDArray[np.bool_]
    own: NDArray[np.bool_]
    confirmed: bool = True
    confirmed_at: datetime | None = None  # None by the rule of 2026-11: with its verdict
    submission_id: UUID | None = None

    def is_paid_from(self, sent: datetime, *, final: bool) -> bool:
        """Whether its team has a share in a patch that was sent then.

        Points that were told stay: provisionally a share appears in patches sent after the confirmation, and at the
        close in all sent after the finding.
        """
        since = self.decided_at if final else max(self.decided_at, self.confirmed_at or self.decided_at)
        return self.confirmed and since < sent


@dataclass(frozen=True, eq=False)
class _ScoredRows:
    """The rows that points are counted on, and what they weigh."""

    competition: Competition
    split: str

    @property
    def rows(self) -> slice:
        return self.competition.layout.rows_of(self.split)

    def weights(self) -> NDArray[np.float64]:
        rows = self.rows
        return points.row_weights(artifacts.read_cells(self.competition, self.split), rows.stop - rows.start)

    def losses(self, version: ModelVersion) -> NDArray[np.float64]:
        y = artifacts.read_labels(self.competition, self.split)
        predictions = artifacts.read_over_present_rows(self.competition, version.stored_predictions)
        return self.competition.loss.rows(y, predictions[self.rows])

    def findings(self, counted: Sequence[CountedFinding], before: datetime) -> list[points.CreditedFinding]:
        """Returns the findings whose teams have a share in a patch that was sent then, earliest first."""
        return [
            points.CreditedFinding(finding.team_id, finding.own[self.rows])
            for finding in counted
            if finding.is_paid_from(before, final=self.split == "final")
        ]


def counted_findings(competition: Competition) -> list[CountedFinding]:
    """Returns the findings that count for points, earliest first, each with the part that is its own."""
    shown = competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS).select_related("verdict")
    measured = [(s, s.verdict.finding_feedback) for s in shown.order_by("decided_at", "number")]
    counting = [submission for submission, found in measured if found and found.counts]
    masks = arrays.load_masks(competition, counting)
    found: list[CountedFinding] = []
    for submission in counting:
        assert submission.decided_at is not None  # noqa: S101 - its verdict was written with a date
        mask = masks[submission.key]
        earlier = [each.mask for each in found] if competition.rule_version > 1 else []
        found.append(
            CountedFinding(
                submission.team_id,
                submission.decided_at,
                mask,
                own_part(mask, earlier),
                submission.state == Submission.State.CONFIRMED,
                submission.confirmed_at,
                submission.pk,
            )
        )
    return found


def credit_version(
    version: ModelVersion, before: ModelVersion, base: ModelVersion, *, final: bool
) -> list[Credit]:
    """Writes each team's points for one version. The final labels are read only where `final` is asked for."""
    submission = _submission(version)
    scored = _scored(version.competition, final=final)
    earned = points.version_credits(
        submission.team_id,
        scored.losses(before),
        scored.losses(version),
        base_loss=scored.losses(base),
        weights=scored.weights(),
        findings=scored.findings(counted_findings(version.competition), submission.created_at),
    )
    return Credit.objects.bulk_create(
        Credit(version=version, team_id=team, points=gained, final=final) for team, gained in earned.items()
    )


def credit_versions(
    competition: Competition, versions: Sequence[ModelVersion], *, final: bool, start: int = 1
) -> None:
    """Writes the points of a whole list, the base model first, whose versions carry their submissions; with `start`
    only those from this number on.
    """
    scored = _scored(competition, final=final)
    weights, counted = scored.weights(), counted_findings(competition)
    base = before = scored.losses(versions[0])
    earned: list[Credit] = []
    for version in versions[1:]:
        submission, after = _submission(version), scored.losses(version)
        found = points.version_credits(
            submission.team_id,
            before,
            after,
            base_loss=base,
            weights=weights,
            findings=scored.findings(counted, submission.created_at),
        )
        if version.number >= start:
            earned += [
                Credit(version=version, team_id=team, points=gained, final=final)
                for team, gained in found.items()
            ]
        before = after
    Credit.objects.bulk_create(earned)


def row_weights(competition: Competition, *, final: bool) -> NDArray[np.float64]:
    """Returns the weight of each scored row from the organiser's declared cells, shape (rows of the split,)."""
    return _scored(competition, final=final).weights()


def measure_improvement(version: ModelVersion, base: ModelVersion, *, final: bool) -> float:
    """Returns the version's gain over the base model in points: the sum of all teams' points."""
    scored = _scored(version.competition, final=final)
    return points.improvement(scored.losses(base), scored.losses(version), scored.weights())


def points_intervals(
    competition: Competition, versions: Sequence[ModelVersion], *, final: bool
) -> dict[int, tuple[float, float]]:
    """Returns the bootstrap interval of each team's points, by team id; units are drawn, not rows.

    `versions` begin with the base model.
    """
    scored = _scored(competition, final=final)
    counted = counted_findings(competition)
    total: dict[int, NDArray[np.float64]] = {}
    for before, version in pairwise(versions):
        submission = _submission(version)
        findings = scored.findings(counted, submission.created_at)
        rows = points.row_credits(submission.team_id, scored.losses(before), scored.losses(version), findings)
        for team, drops in rows.items():
            total[team] = total.get(team, np.zeros(len(drops))) + drops
    return points.bootstrap_intervals(
        total,
        base_loss=scored.losses(versions[0]),
        weights=scored.weights(),
        unit=artifacts.read_units(competition, scored.split),
    )


def _scored(competition: Competition, *, final: bool) -> _ScoredRows:
    if final and competition.final_opened_at is None:
        raise PermissionError("The final rows are opened at the close, and not before.")
    return _ScoredRows(competition, "final" if final else "practice")


def _submission(version: ModelVersion) -> Submission:
    assert version.submission is not None  # noqa: S101 - every version but the base has one
    return version.submission
