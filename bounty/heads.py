"""The lists as arrays: what a verdict is computed from. Arrays come from memory once they were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bounty import artifacts
from bounty.models import Competition, ModelVersion, Outcome, Submission, Team, TeamVersion
from evaluator.decision_list.repairs import Head, Practice, Protected, Step
from evaluator.errors import PlatformFault
from evaluator.expressions import parse
from evaluator.expressions.words import EVERYONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bounty.models.model import ListVersion


@dataclass(frozen=True, eq=False)
class CurrentList:
    """A list's published versions (the base model first), their predictions, and the groups that it protects."""

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


def shared(competition: Competition) -> CurrentList:
    """The shared model of the current generation. Raises PlatformFault where an array is not as stored."""
    versions = competition.versions.filter(generation=competition.generation).order_by("number")
    return _list(competition, tuple(versions.select_related("submission")))


def team_list(team: Team) -> CurrentList:
    """The team's own model: the competition's base model, and its current generation on top."""
    competition = team.competition
    base = competition.versions.get(generation=competition.generation, number=0)
    own = TeamVersion.objects.filter(team=team, generation=team.generation).order_by("number")
    return _list(competition, (base, *own.select_related("submission")))


def practice(competition: Competition) -> Practice:
    """The rows and labels on which repairs are decided, and by what rule."""
    return Practice(
        rows=competition.layout.rows_of("practice"),
        y=artifacts.labels(competition, "practice"),
        loss=competition.loss,
        tolerance=competition.tolerance,
        smallest_group=competition.smallest_group,
    )


def declared(competition: Competition) -> list[Protected]:
    return [
        Protected(group.key, _mask(group.mask), declared=True) for group in competition.declared_groups.all()
    ]


def step(submission: Submission) -> Step:
    """The submission's group and patch over all rows, from its newest outcome."""
    arrays = outcome(submission).arrays
    if "predictions" not in arrays:
        raise PlatformFault(f"the outcome of {submission.pk} has no predictions")
    return Step(submission.key, _mask(arrays["mask"]), artifacts.array(arrays["predictions"]))


def mask(submission: Submission) -> NDArray[np.bool_]:
    """The submission's group over all rows."""
    return _mask(outcome(submission).arrays["mask"])


def outcome(submission: Submission) -> Outcome:
    found = submission.outcomes.order_by("-attempt").first()
    if found is None:
        raise PlatformFault(f"submission {submission.pk} has no outcome to be judged by")
    return found


def masks(submissions: Iterable[Submission]) -> dict[str, NDArray[np.bool_]]:
    """Each submission's group by its key, in one query."""
    newest: dict[Any, dict[str, Any]] = {}
    for found in Outcome.objects.filter(submission__in=list(submissions)).order_by("attempt"):
        newest[found.submission_id] = found.arrays["mask"]
    return {f"submission:{pk}": _mask(stored) for pk, stored in newest.items()}


def place_of(submission: Submission) -> str:
    """Where the group is, for sentences: "on children under six", "where age is below 2 years"."""
    if submission.expression:
        competition = submission.competition
        text = parse(submission.expression, competition.schema).text
        if declared := competition.declared_groups.filter(expression=text).first():
            return f"on {declared.name}"
    if submission.words == EVERYONE:
        return "on everyone"
    return (
        f"where {submission.words}" if submission.words else f"in the group of submission {submission.number}"
    )


def words_of(submission: Submission) -> str:
    """The group in words, as a name."""
    return submission.words or submission.description or f"the group of submission {submission.number}"


def group_losses(
    protected: Sequence[Protected], rule: Practice, predictions: NDArray[Any]
) -> dict[str, list[float]]:
    """{key: [practice rows, mean loss]} of the groups that are guarded."""
    losses = rule.loss.rows(rule.y, predictions[rule.rows])
    found = {}
    for group in protected:
        inside = group.mask[rule.rows]
        if rule.guards(group):
            found[group.key] = [int(inside.sum()), float(losses[inside].mean())]
    return found


def mean_loss(competition: Competition, predictions: NDArray[Any], split: str) -> float:
    """Mean loss of predictions over all rows on one split."""
    y = artifacts.labels(competition, split)
    return float(competition.loss.rows(y, predictions[competition.layout.rows_of(split)]).mean())


def public_losses(competition: Competition, predictions: NDArray[Any]) -> NDArray[np.float64]:
    """Loss of each public row, in the layout's order."""
    y = np.concatenate([artifacts.labels(competition, split) for split in ("train", "explore")])
    return competition.loss.rows(y, predictions[: competition.layout.public])


def _list(competition: Competition, versions: tuple[ListVersion, ...]) -> CurrentList:
    accepted = [v.submission for v in versions if isinstance(v, ModelVersion | TeamVersion) and v.submission]
    groups = masks(accepted)
    names = {group.key: group.name for group in competition.declared_groups.all()}
    names |= {submission.key: words_of(submission) for submission in accepted}
    return CurrentList(
        versions,
        tuple(Head(len(v.nodes_json), artifacts.array(v.predictions)) for v in versions),
        (*declared(competition), *(Protected(s.key, groups[s.key]) for s in accepted)),
        names,
    )


def _mask(stored: Mapping[str, Any]) -> NDArray[np.bool_]:
    return artifacts.array(stored).astype(bool, copy=False)
