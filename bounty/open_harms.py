"""Confirmed findings that the shared model has not put right yet, on practice rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bounty.figures import Measured, scale_of
from bounty.models import Competition, ModelVersion, Submission
from bounty.practice import Split, masks_of, split_loss
from bounty.standing import measure, practice_sample

# A page reads that many findings' masks at most; the newest are shown.
MOST = 40


@dataclass(frozen=True)
class Harm:
    """A confirmed finding and how the present model does inside it and on everybody else."""

    finding: Submission
    inside: Measured
    outside: Measured
    share: float  # of practice rows

    @property
    def is_open(self) -> bool:
        """Still worse inside: everybody else's loss lies below the interval of the group's own."""
        return self.inside.bounds[0] > self.outside.loss

    @property
    def share_text(self) -> str:
        return f"{100 * self.share:.1f}%"


def harms(competition: Competition, head: ModelVersion, findings: Iterable[Submission]) -> list[Harm]:
    """Open ones first, worst first. A finding whose mask is gone, or that holds all rows, is left out.

    Raises PlatformFault where the store lost an array.
    """
    newest = list(findings)[:MOST]
    masks = masks_of(newest)
    split = {
        finding: split_loss(competition, head, masks[finding.pk]) for finding in newest if finding.pk in masks
    }
    found = [
        _harm(competition, finding, sides) for finding, sides in split.items() if sides.rows and sides.others
    ]
    return sorted(found, key=lambda harm: (not harm.is_open, -harm.inside.loss))


def _harm(competition: Competition, finding: Submission, sides: Split) -> Harm:
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    return Harm(
        finding,
        measure(sides.inside, sides.rows, scale, sample),
        measure(sides.outside, sides.others, scale, sample),
        sides.rows / (sides.rows + sides.others),
    )
