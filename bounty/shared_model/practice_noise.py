"""The noise of what is told of strangers' groups and patches on practice rows, keyed by a competition's secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from evaluator.adjudication.noise import Noise

if TYPE_CHECKING:
    from bounty.models import Competition


def noise_of(competition: Competition, submission: UUID | str, generation: int, version: int) -> Noise:
    """Returns the noise of a submission's cells against a version of the shared model, by its generation and number."""
    return _keyed(competition, f"{submission} head {generation}:{version}")


def own_model_noise(competition: Competition, submission: UUID | str, generation: int) -> Noise:
    """Returns the noise of the loss that is told of a team's own model once it took this submission.

    A rebuild is another generation: what a correction took out is not to be read off the difference.
    """
    return _keyed(competition, f"{submission} own {generation}")


def _keyed(competition: Competition, key: str) -> Noise:
    return Noise(competition.noise_scale, competition.noise_secret, key)
