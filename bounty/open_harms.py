"""Confirmed findings that the shared model has not put right yet, on practice rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bounty import artifacts
from bounty.figures import Measured, scale_of
from bounty.models import Competition, ModelVersion, Outcome, Submission
from bounty.standing import measure, practice_sample
from evaluator.losses import Loss

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
        """Still worse inside than outside, beyond what the interval of the inside would allow by itself."""
        return self.inside.bounds[0] > self.outside.loss


def harms(competition: Competition, head: ModelVersion, findings: Iterable[Submission]) -> list[Harm]:
    """Open ones first, worst first. A finding whose mask is gone, or that holds all rows, is left out.

    Raises PlatformFault where the store lost an array.
    """
    newest = list(findings)[:MOST]
    masks = {
        outcome.submission_id: outcome.arrays["mask"]
        for outcome in Outcome.objects.filter(submission__in=newest).order_by("attempt")
        if "mask" in outcome.arrays
    }
    found = [
        harm
        for finding in newest
        if finding.pk in masks and (harm := _harm(competition, head, finding, masks[finding.pk]))
    ]
    return sorted(found, key=lambda harm: (not harm.is_open, -harm.inside.loss))


def _harm(
    competition: Competition, head: ModelVersion, finding: Submission, mask: dict[str, Any]
) -> Harm | None:
    practice = competition.layout.rows_of("practice")
    sums = _split_loss(
        _Frozen(mask), _Frozen(head.predictions), _Frozen(competition.tables_json["labels"]["practice"]),
        competition.loss, practice.start, practice.stop,
    )  # fmt: skip
    rows, inside, others, outside = sums
    if not rows or not others:
        return None
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    return Harm(
        finding,
        measure(inside, rows, scale, sample),
        measure(outside, others, scale, sample),
        rows / (rows + others),
    )


@dataclass(frozen=True)
class _Frozen:
    """A stored array's address, hashable by its digest."""

    path: str
    sha256: str

    def __init__(self, stored: dict[str, Any]) -> None:
        object.__setattr__(self, "path", stored["path"])
        object.__setattr__(self, "sha256", stored["sha256"])

    def read(self) -> np.ndarray:
        return artifacts.array({"path": self.path, "sha256": self.sha256})


@lru_cache(maxsize=4096)
def _split_loss(
    mask: _Frozen, predictions: _Frozen, labels: _Frozen, loss: Loss, start: int, stop: int
) -> tuple[int, float, int, float]:
    """Rows and mean loss inside, rows and mean loss outside. By digest, so once a head and finding."""
    inside = mask.read()[start:stop].astype(bool)
    losses = loss.rows(labels.read(), predictions.read()[start:stop])
    means = [float(losses[part].mean()) if part.any() else 0.0 for part in (inside, ~inside)]
    return int(inside.sum()), means[0], int((~inside).sum()), means[1]
