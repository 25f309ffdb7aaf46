"""Publication of a version of the shared model or of a team's own: its array first, then the row that names it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction

from bounty.core import artifacts
from bounty.models import Competition, ModelVersion, Submission, Team, TeamVersion
from bounty.shared_model import arrays
from bounty.shared_model.practice_noise import noise_groups
from evaluator import artifacts as paths
from evaluator.decision_list import Node, nodes_to_json
from evaluator.decision_list.repairs import Candidate, Protected
from evaluator.errors import PlatformFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def publish_version(
    competition: Competition,
    submission: Submission | None,
    nodes: Sequence[Node],
    predictions: NDArray[Any],
    protected: Sequence[Protected],
    *,
    number: int,
    generation: int,
    note: str = "",
) -> ModelVersion:
    """Writes a version of the shared model. `nodes` is its whole list, `protected` its protected groups.

    The array is stored before the row is committed: a crash leaves a file that nothing names, which is harmless.
    """
    stored = artifacts.artifact_store().write_array(
        paths.head(str(competition.key), generation, number), predictions
    )
    return ModelVersion.objects.create(
        competition=competition,
        submission=submission,
        generation=generation,
        number=number,
        nodes_json=nodes_to_json(nodes),
        predictions=artifacts.file_over_present_rows(competition, stored).to_json(),
        practice_loss=arrays.mean_loss(competition, predictions, "practice"),
        explore_loss=arrays.mean_loss(competition, predictions, "explore"),
        groups=noise_groups(
            competition,
            arrays.group_losses(protected, arrays.load_practice(competition), predictions),
            generation,
            number,
        ),
        note=note,
    )


def publish_team_version(
    team: Team,
    submission: Submission,
    nodes: Sequence[Node],
    candidate: Candidate,
    *,
    number: int,
    generation: int,
    practice_loss: float | None = None,
) -> TeamVersion:
    """Writes a version of a team's own model. `nodes` is the whole list with the candidate's; `practice_loss` is what
    is told of it, where that is not the exact one.
    """
    competition = team.competition
    path = paths.team_head(str(competition.key), team.pk, generation, number)
    stored = artifacts.artifact_store().write_array(path, candidate.predictions)
    return TeamVersion.objects.create(
        team=team,
        submission=submission,
        generation=generation,
        number=number,
        nodes_json=nodes_to_json(nodes),
        predictions=artifacts.file_over_present_rows(competition, stored).to_json(),
        practice_loss=arrays.mean_loss(competition, candidate.predictions, "practice")
        if practice_loss is None
        else practice_loss,
    )


def head_loss_path(competition: Competition) -> str:
    """Returns the path of the head's losses on public rows: another one once the table was corrected."""
    path, correction = paths.head_loss(str(competition.key)), competition.tables.correction
    return paths.corrected(path, correction) if correction else path


def refresh_head_loss(version: ModelVersion) -> None:
    """Writes the head's public losses, for find_group and the preview, once the version is committed.

    What is missed here (a crash in between) is only older: any version's losses serve a search.
    """
    transaction.on_commit(lambda: _write_head_loss(version), robust=True)


def _write_head_loss(version: ModelVersion) -> None:
    try:
        write_head_loss(version)
    except (OSError, PlatformFault):
        log.exception("the public losses of %s could not be written", version)


def write_head_loss(version: ModelVersion) -> None:
    """Writes the head's losses on public rows, and their address into the version. Raises OSError, PlatformFault."""
    competition = version.competition
    losses = arrays.public_losses(
        competition, artifacts.read_over_present_rows(competition, version.stored_predictions)
    )
    version.head_loss = artifacts.artifact_store().write_array(head_loss_path(competition), losses).to_json()
    version.save(update_fields=["head_loss"])
