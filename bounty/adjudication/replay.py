"""Replay of a decision list from stored arrays as its next generation: the shared model's, or a team's.

No submitted code runs. Rows are written together; an array that did not change is named again, not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.models import Competition, Credit, ModelVersion, Submission, Team, TeamVersion
from bounty.models.versions import ListVersion, next_generation
from bounty.scoring import credits
from bounty.shared_model import arrays
from bounty.shared_model.practice_noise import is_noised, noise_groups, own_model_noise
from evaluator import artifacts as paths
from evaluator.adjudication.own_model import replay_own_model
from evaluator.decision_list import Node, nodes_to_json
from evaluator.decision_list.repairs import Candidate, Protected, Step, replay_gaining_steps, replay_steps


def replay_shared_model(
    competition: Competition,
    base: ModelVersion,
    kept: Sequence[ModelVersion],
    notes: Mapping[UUID, str],
) -> list[ModelVersion]:
    """Write the versions in `kept` as the next generation of the shared model, over the base model; returns them.

    Repairs are decided anew on practice rows. `notes` says of a submission what its version's note adds. The caller
    holds the competition's lock, and `kept` carries the submissions.
    """
    steps = arrays.load_steps(competition, [submission_of(version) for version in kept])
    start = artifacts.read_over_present_rows(competition, base.stored_predictions)
    declared = arrays.load_declared_groups(competition)
    candidates = replay_steps(start, steps, declared, arrays.load_practice(competition))
    competition.generation = next_generation(competition.versions.all())
    competition.save(update_fields=["generation"])
    old = [base, *kept]
    carried = _count_carried(competition, old)
    new = _new_versions(competition, old, [start, *(each.predictions for each in candidates)])
    _set_group_losses(competition, new, steps, declared)
    for before, version in zip(old[:carried], new[:carried], strict=True):
        version.practice_loss, version.groups = before.practice_loss, before.groups
    for version, nodes in zip(new, _nodes_by_version(candidates), strict=True):
        version.nodes_json = nodes
    for version in new[1:]:
        version.note = f"{version.note} {notes.get(submission_of(version).pk, '')}".strip()
    new = ModelVersion.objects.bulk_create(new)
    copy_dates(new, [base, *kept])
    _credit(competition, new, old, carried)
    return new


def _count_carried(competition: Competition, old: Sequence[ModelVersion]) -> int:
    """How many rebuilt versions keep the practice figures and points that were told of them: where rows are people, as
    far as the list is the same.

    Measured anew on a corrected table they would tell what was wrong with whom; the next version tells what is true.
    """
    if not is_noised(competition):
        return 0
    return sum(version.number == position for position, version in enumerate(old))


def _credit(
    competition: Competition, new: Sequence[ModelVersion], old: Sequence[ModelVersion], carried: int
) -> None:
    """Write the points of the new versions: those of the old ones where they are carried over."""
    into = {before.pk: version for before, version in zip(old[:carried], new[:carried], strict=True)}
    Credit.objects.bulk_create(
        Credit(version=into[each.version_id], team_id=each.team_id, points=each.points, final=False)
        for each in Credit.objects.filter(version__in=list(into), final=False)
    )
    credits.credit_versions(competition, new, final=False, start=max(1, carried))


def replay_team_model(
    own: Team, entered: Sequence[TeamVersion], *, without: Submission | None = None, gaining: bool = False
) -> list[TeamVersion]:
    """Write a team's own model as its next generation; with `gaining` only steps that still take loss away.

    The caller holds the competition's lock, and `entered` carries the submissions.
    """
    competition = own.competition
    kept = [version for version in entered if without is None or version.submission_id != without.pk]
    base = competition.versions.current().get(number=0)
    own.generation = next_generation(own.versions.all())
    own.save(update_fields=["generation"])
    candidates = _replay_team_steps(own, base, kept, gaining=gaining)
    taken = [(version, *each) for version, each in zip(kept, candidates, strict=True) if each is not None]
    predictions = _store_predictions(
        competition,
        [version for version, *_ in taken],
        [each.predictions for _, each, _ in taken],
        lambda number: paths.team_head(str(competition.key), own.pk, own.generation, number + 1),
    )
    nodes = _nodes_by_version([each for _, each, _ in taken])[1:]
    return TeamVersion.objects.bulk_create(
        TeamVersion(
            team=own,
            submission=version.submission,
            generation=own.generation,
            number=number,
            nodes_json=nodes[number - 1],
            predictions=predictions[number - 1],
            practice_loss=told,
        )
        for number, (version, _, told) in enumerate(taken, start=1)
    )


def _replay_team_steps(
    own: Team, base: ModelVersion, kept: Sequence[TeamVersion], *, gaining: bool
) -> list[tuple[Candidate, float] | None]:
    """The candidates of a team's own model, each with the practice loss that is told of it; None where it is left out.

    By the present rule that loss has noise, of the new generation: what was taken out is not read off the difference.
    """
    competition = own.competition
    submissions = [submission_of(version) for version in kept]
    start = artifacts.read_over_present_rows(competition, base.stored_predictions)
    steps, practice = arrays.load_steps(competition, submissions), arrays.load_practice(competition)
    declared = arrays.load_declared_groups(competition)
    if competition.rule_version != 1:
        noises = [own_model_noise(competition, each.pk, own.generation) for each in submissions]
        return replay_own_model(start, steps, declared, practice, noises, base.practice_loss, gaining=gaining)
    again = replay_gaining_steps if gaining else _replay_all_steps
    return [
        None if each is None else (each, arrays.mean_loss(competition, each.predictions, "practice"))
        for each in again(start, steps, declared, practice)
    ]


def copy_dates(new: Sequence[ModelVersion], old: Sequence[ModelVersion]) -> None:
    """Set the dates of new versions to the old ones': the history says when a patch was accepted."""
    for version, before in zip(new, old, strict=True):
        version.created_at = before.created_at
    ModelVersion.objects.bulk_update(new, ["created_at"], batch_size=500)


def submission_of(version: ModelVersion | TeamVersion) -> Submission:
    """The submission of a version other than the base model."""
    assert version.submission is not None  # noqa: S101 - every version but the base has one
    return version.submission


def current_versions(competition: Competition) -> list[ModelVersion]:
    """The versions of the current generation, the base model first, with submissions and teams."""
    versions = competition.versions.current()
    return list(versions.select_related("submission__team").order_by("number"))


def recompute_credits(competition: Competition) -> None:
    """Write the points of the current versions anew.

    A finding that fell out gave away shares of later fixes.
    """
    versions = current_versions(competition)
    Credit.objects.filter(version__in=versions, final=False).delete()
    credits.credit_versions(competition, versions, final=False)


def _replay_all_steps(
    base: NDArray[Any], steps: Sequence[Step], declared: Sequence[Protected], practice: Any
) -> Sequence[Candidate | None]:
    return replay_steps(base, steps, declared, practice)


def _nodes_by_version(candidates: Sequence[Candidate]) -> list[Any]:
    """The node list of each version as JSON, the base model's first."""
    nodes: list[Node] = []
    found = [nodes_to_json(nodes)]
    for candidate in candidates:
        nodes.extend(candidate.added)
        found.append(nodes_to_json(nodes))
    return found


def _new_versions(
    competition: Competition, old: Sequence[ModelVersion], predictions: Sequence[NDArray[Any]]
) -> list[ModelVersion]:
    """The new versions, not saved yet, with their losses on practice and explore rows."""
    stored = _store_predictions(
        competition,
        old,
        predictions,
        lambda number: paths.head(str(competition.key), competition.generation, number),
    )
    return [
        ModelVersion(
            competition=competition,
            submission=version.submission,
            generation=competition.generation,
            number=number,
            predictions=stored[number],
            head_loss=version.head_loss if number == 0 else {},
            practice_loss=arrays.mean_loss(competition, answers, "practice"),
            explore_loss=arrays.mean_loss(competition, answers, "explore"),
            final_loss=version.final_loss if number == 0 else None,
            note=version.note,
        )
        for number, (version, answers) in enumerate(zip(old, predictions, strict=True))
    ]


def _store_predictions(
    competition: Competition,
    old: Sequence[ListVersion],
    predictions: Sequence[NDArray[Any]],
    path: Callable[[int], str],
) -> list[dict[str, Any]]:
    """The stored predictions of each version as JSON; arrays that the old version lacks are written together."""
    found: list[dict[str, Any]] = [{} for _ in old]
    fresh = []
    for number, (version, answers) in enumerate(zip(old, predictions, strict=True)):
        before = artifacts.read_over_present_rows(competition, version.stored_predictions)
        if before.dtype == answers.dtype and np.array_equal(before, answers):
            found[number] = version.predictions
        else:
            fresh.append(number)
    written = artifacts.artifact_store().write_arrays(
        [(path(number), predictions[number]) for number in fresh]
    )
    for number, stored in zip(fresh, written, strict=True):
        found[number] = artifacts.file_over_present_rows(competition, stored).to_json()
    return found


def _set_group_losses(
    competition: Competition,
    versions: Sequence[ModelVersion],
    steps: Sequence[Step],
    declared: Sequence[Protected],
) -> None:
    """Set each version's losses of its protected groups: the declared ones, and those accepted up to it."""
    groups = [*declared, *(Protected(step.key, step.mask) for step in steps)]
    predictions = [
        artifacts.read_over_present_rows(competition, version.stored_predictions) for version in versions
    ]
    losses = arrays.group_losses_of_heads(groups, arrays.load_practice(competition), predictions)
    for number, (version, known) in enumerate(zip(versions, losses, strict=True)):
        protected = {group.key for group in groups[: len(declared) + number]}
        exact = {key: value for key, value in known.items() if key in protected}
        version.groups = noise_groups(competition, exact, version.generation, version.number)
