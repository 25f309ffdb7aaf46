"""The noise of what is told of strangers' groups and patches on practice rows, keyed by a competition's secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from evaluator.adjudication.noise import Noise

if TYPE_CHECKING:
    from bounty.models import Competition

_SUBMITTED = "submission:"


def is_noised(competition: Competition) -> bool:
    """Returns whether figures of strangers' groups and patches on practice rows have noise here."""
    return competition.rule_version != 1 and competition.noise_scale > 0


def noise_of(competition: Competition, submission: UUID | str, generation: int, version: int) -> Noise:
    """Returns the noise of a submission's cells against a version of the shared model, by its generation and number."""
    return _keyed(competition, f"{submission} head {generation}:{version}")


def own_model_noise(competition: Competition, submission: UUID | str, generation: int) -> Noise:
    """Returns the noise of the loss that is told of a team's own model once it took this submission.

    A rebuild is another generation: what a correction took out is not to be read off the difference.
    """
    return _keyed(competition, f"{submission} own {generation}")


def board_noise(competition: Competition, group: str, generation: int, version: int) -> Noise:
    """Returns the noise of what boards tell of teams in a group, by its key: none of a declared group."""
    if not is_noised(competition) or group.startswith("declared:"):
        return Noise()
    return _keyed(competition, f"board of {group} head {generation}:{version}")


def noise_group(
    competition: Competition, submission: UUID | str, version: tuple[int, int], rows: int, loss: float
) -> tuple[int, float]:
    """Returns (rows, mean loss) of a submission's group on practice rows as it is told of a version of the shared model
    (its generation and number), from the exact ones.

    The number of rows is told once a submission and table, not anew with every version.
    """
    if not is_noised(competition):
        return rows, loss
    table = competition.tables.correction
    told_rows = _keyed(competition, f"{submission} table {table}").count("group:rows", rows)
    noise = noise_of(competition, submission, *version)
    if competition.loss.is_zero_one:
        total: float = noise.count("group:wrong", round(rows * loss))
    else:
        total = noise.total("group:loss", rows * loss)
    return told_rows, min(1.0, total / told_rows) if told_rows else 0.0


def told_of_board(
    competition: Competition, group: str, version: tuple[int, int], rows: int, loss: float
) -> tuple[int, float]:
    """Returns (rows, mean loss) of a board's group, by its key, as everywhere else: a declared group's exactly, a
    submission's as `noise_group` tells them.
    """
    if group.startswith("declared:"):
        return rows, loss
    return noise_group(competition, group.removeprefix(_SUBMITTED), version, rows, loss)


def noise_groups(
    competition: Competition, groups: Mapping[str, Sequence[float]], generation: int, number: int
) -> dict[str, list[float]]:
    """Returns {key: [practice rows, mean loss]} of a version's groups as they are told: declared ones exactly, accepted
    ones with noise.
    """
    told = {}
    for key, (rows, loss) in groups.items():
        if key.startswith(_SUBMITTED):
            submission = key.removeprefix(_SUBMITTED)
            rows, loss = noise_group(competition, submission, (generation, number), int(rows), loss)
        told[key] = [rows, loss]
    return told


def _keyed(competition: Competition, key: str) -> Noise:
    return Noise(competition.noise_scale, competition.noise_secret, key)
