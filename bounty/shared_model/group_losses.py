"""Mean losses on practice rows inside a group and outside it, from stored arrays.

Cached by digest: under the same digests the answer can never change, so a page computes it once a head and group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.models import Competition, ModelVersion, Outcome, Submission
from bounty.models.stored_files import StoredFile
from bounty.shared_model.practice_noise import is_noised, noise_group
from evaluator.losses import Loss


@dataclass(frozen=True)
class GroupLossSplit:
    """Practice rows and mean loss inside a group, and outside; a mean over no rows is 0."""

    rows: int
    inside: float
    others: int
    outside: float


def stored_masks(submissions: Iterable[Submission]) -> dict[UUID, StoredFile]:
    """Returns the file of each submission's mask, by submission; those never evaluated are left out."""
    outcomes = Outcome.objects.filter(submission__in=list(submissions)).order_by("attempt")
    return {found.submission_id: found.stored_arrays["mask"] for found in outcomes if "mask" in found.arrays}


def split_loss(
    competition: Competition, version: ModelVersion, mask: StoredFile, submission: UUID
) -> GroupLossSplit:
    """Returns a version's loss inside and outside a submission's group as it is told: with noise inside, and outside
    what is published of everybody less that. Raises PlatformFault for a lost array.
    """
    exact = exact_split(competition, version, mask)
    if not is_noised(competition):
        return exact
    of_version = (version.generation, version.number)
    rows, inside = noise_group(competition, submission, of_version, exact.rows, exact.inside)
    everybody = exact.rows + exact.others
    rows = min(rows, everybody)
    lost = exact.rows * exact.inside + exact.others * exact.outside
    others = everybody - rows
    outside = min(1.0, max(0.0, lost - rows * inside) / others) if others else 0.0
    return GroupLossSplit(rows, inside, others, outside)


def exact_split(competition: Competition, version: ModelVersion, mask: StoredFile) -> GroupLossSplit:
    """Returns the exact losses inside a group and outside: for who owns the table. Raises PlatformFault."""
    practice = competition.layout.rows_of("practice")
    return _split_loss(
        _addresses(competition, mask),
        _addresses(competition, version.stored_predictions),
        competition.tables.labels["practice"].address,
        competition.loss,
        practice.start,
        practice.stop,
    )


Address = tuple[str, str]
# An array's, then those of the rows that each later correction of the table left of it.
Addresses = tuple[Address, ...]


def _addresses(competition: Competition, stored: StoredFile) -> Addresses:
    return (stored.address, *(kept.address for kept in competition.tables.kept[stored.table :]))


def _read(address: Address, *kept: Address) -> NDArray[Any]:
    values = artifacts.read_array(StoredFile(*address))
    for left in kept:
        values = values[_read(left)]
    return values


@lru_cache(maxsize=4096)
def _split_loss(
    mask: Addresses, predictions: Addresses, labels: Address, loss: Loss, start: int, stop: int
) -> GroupLossSplit:
    inside = _read(*mask)[start:stop].astype(bool)
    losses = loss.rows(_read(labels), _read(*predictions)[start:stop])
    means = [float(losses[part].mean()) if part.any() else 0.0 for part in (inside, ~inside)]
    return GroupLossSplit(int(inside.sum()), means[0], int((~inside).sum()), means[1])
