"""Arrays of the decision lists, which verdicts are computed from: versions, groups, patches and losses.

Arrays come from memory once they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from bounty.core import artifacts
from bounty.models import Competition, ModelVersion, Outcome, Submission, Team, TeamVersion
from bounty.models.stored_files import StoredFile
from bounty.shared_model.group_wording import describe_group
from evaluator.decision_list.repairs import Head, Practice, Protected, Step, group_sums
from evaluator.errors import PlatformFault
from evaluator.losses import UNITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bounty.models.versions import ListVersion

# Databases bound how many values one query may name; heads at once, so that a matrix of losses stays small.
_AT_ONCE, _HEADS_AT_ONCE = 500, 64


@dataclass(frozen=True, eq=False)
class CurrentList:
    """A list's published versions (the base model first), their predictions, and its protected groups."""

    versions: tuple[ListVersion, ...]
    published: tuple[Head, ...]
    protected: tuple[Protected, ...]
    names: Mapping[str, str]  # protected keys in words

    @property
    def newest(self) -> ListVersion:
        return self.versions[-1]

    @property
    def head(self) -> Head:
        return self.published[-1]


def load_shared_list(competition: Competition) -> CurrentList:
    """Returns the shared model of the current generation. Raises PlatformFault for a damaged array."""
    versions = competition.versions.current().order_by("number")
    # What each version said of every group is for pages: at hundreds of versions, most of what would be read.
    return load_list(competition, tuple(versions.select_related("submission").defer("groups")))


def load_team_list(team: Team) -> CurrentList:
    """Returns the team's own model: the competition's base model, and its current generation on top."""
    competition = team.competition
    base = competition.versions.current().get(number=0)
    own = team.versions.current().order_by("number")
    return load_list(competition, (base, *own.select_related("submission")))


def load_practice(competition: Competition) -> Practice:
    """Returns the practice rows and labels on which repairs are decided, and the rule that decides them."""
    return Practice(
        rows=competition.layout.rows_of("practice"),
        y=artifacts.read_labels(competition, "practice"),
        loss=competition.loss,
        tolerance=competition.tolerance,
        smallest_group=competition.smallest_group,
        classes=len(competition.schema.label.classes) or None,
    )


def load_declared_groups(competition: Competition) -> list[Protected]:
    """Returns the declared groups as protected groups, each mask over all rows."""
    return [
        Protected(group.key, _mask(competition, group.stored_mask), declared=True)
        for group in competition.declared_groups.all()
    ]


def load_step(submission: Submission) -> Step:
    """Returns the submission's group and patch over all rows, from its newest outcome. Raises PlatformFault."""
    arrays = newest_outcome(submission).stored_arrays
    if "predictions" not in arrays:
        raise PlatformFault(f"the outcome of {submission.pk} has no predictions")
    competition = submission.competition
    return Step(
        submission.key,
        _mask(competition, arrays["mask"]),
        artifacts.read_over_present_rows(competition, arrays["predictions"]),
    )


def load_mask(submission: Submission) -> NDArray[np.bool_]:
    """Returns the submission's group over all rows, shape (rows,)."""
    return _mask(submission.competition, newest_outcome(submission).stored_arrays["mask"])


def load_steps(competition: Competition, submissions: Sequence[Submission]) -> list[Step]:
    """Returns each submission's group and patch over all rows, from one query. Raises PlatformFault."""
    newest = newest_outcomes(submissions)
    found = []
    for submission in submissions:
        arrays = newest[submission.pk].stored_arrays if submission.pk in newest else {}
        if "predictions" not in arrays:
            raise PlatformFault(f"the outcome of {submission.pk} has no predictions")
        mask, predictions = (_mask(competition, arrays["mask"]), arrays["predictions"])
        found.append(Step(submission.key, mask, artifacts.read_over_present_rows(competition, predictions)))
    return found


def newest_outcomes(submissions: Iterable[Submission]) -> dict[UUID, Outcome]:
    """Returns the newest outcome of each submission that has one, in few queries."""
    wanted = [submission.pk for submission in submissions]
    newest: dict[UUID, Outcome] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = Outcome.objects.filter(submission__in=wanted[start : start + _AT_ONCE])
        newest |= {found.submission_id: found for found in some.order_by("attempt")}
    return newest


def newest_outcome(submission: Submission) -> Outcome:
    """Returns the submission's newest outcome. Raises PlatformFault where it has none."""
    found = submission.outcomes.order_by("-attempt").first()
    if found is None:
        raise PlatformFault(f"submission {submission.pk} has no outcome to be judged by")
    return found


def load_masks(competition: Competition, submissions: Iterable[Submission]) -> dict[str, NDArray[np.bool_]]:
    """Returns each submission's group over all rows, by the submission's key, from one query."""
    newest = newest_outcomes(submissions)
    return {
        f"submission:{pk}": _mask(competition, found.stored_arrays["mask"]) for pk, found in newest.items()
    }


def group_losses(
    protected: Sequence[Protected], rule: Practice, predictions: NDArray[Any]
) -> dict[str, list[float]]:
    """Returns {key: [practice rows, mean loss]} of the groups that are guarded.

    `predictions` are over all rows: shape (rows,), or (rows, classes) for probabilities.
    """
    return group_losses_of_heads(protected, rule, [predictions])[0]


def group_losses_of_heads(
    protected: Sequence[Protected], rule: Practice, predictions: Sequence[NDArray[Any]]
) -> list[dict[str, list[float]]]:
    """Returns the group losses of many heads, one dictionary for each head's predictions.

    Losses are summed as integers, so no order can matter.
    """
    guarded = [group for group in protected if rule.guards(group)]
    if not guarded:
        return [{} for _ in predictions]
    masks = np.stack([group.mask[rule.rows] for group in guarded])
    sizes = masks.sum(axis=1)
    found: list[dict[str, list[float]]] = []
    for start in range(0, len(predictions), _HEADS_AT_ONCE):
        some = predictions[start : start + _HEADS_AT_ONCE]
        units = np.stack([rule.units(each) for each in some], axis=1)
        means = group_sums(masks, units) / (sizes[:, None] * UNITS)
        found += [
            {group.key: [int(n), float(mean)] for group, n, mean in zip(guarded, sizes, column, strict=True)}
            for column in means.T
        ]
    return found


def mean_loss(competition: Competition, predictions: NDArray[Any], split: str) -> float:
    """Returns the mean loss on one split, from predictions over all rows."""
    y = artifacts.read_labels(competition, split)
    return float(competition.loss.rows(y, predictions[competition.layout.rows_of(split)]).mean())


def public_losses(competition: Competition, predictions: NDArray[Any]) -> NDArray[np.float64]:
    """Returns the loss of each public row in the layout's order, shape (public rows,)."""
    y = np.concatenate([artifacts.read_labels(competition, split) for split in ("train", "explore")])
    return competition.loss.rows(y, predictions[: competition.layout.public])


def load_list(competition: Competition, versions: tuple[ListVersion, ...]) -> CurrentList:
    """Returns the arrays of these versions, which carry their submissions. Raises PlatformFault."""
    accepted = [v.submission for v in versions if isinstance(v, ModelVersion | TeamVersion) and v.submission]
    groups = load_masks(competition, accepted)
    names = {group.key: group.name for group in competition.declared_groups.all()}
    names |= {submission.key: describe_group(submission) for submission in accepted}
    return CurrentList(
        versions,
        tuple(
            Head(len(v.nodes_json), artifacts.read_over_present_rows(competition, v.stored_predictions))
            for v in versions
        ),
        (*load_declared_groups(competition), *(Protected(s.key, groups[s.key]) for s in accepted)),
        names,
    )


def _mask(competition: Competition, stored: StoredFile) -> NDArray[np.bool_]:
    return artifacts.read_over_present_rows(competition, stored).astype(bool, copy=False)
