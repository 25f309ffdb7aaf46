"""Outline of the decision list in words: a step for each version, with its repairs; old steps are folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from django.utils.translation import gettext as _

from bounty.charts.pointers import Pointer
from bounty.models import DeclaredGroup, ModelVersion, Submission
from evaluator.decision_list import Node, Repair, Update

# The newest steps stand open; older ones are folded into flights of so many.
OPEN_STEPS, FLIGHT = 10, 25
# A longer list has a page of its own for the rest.
MOST_STEPS = 40


@dataclass(frozen=True)
class RepairPointer:
    """A repair: its group is answered by version `target`; None where that version is not in the list."""

    words: str
    expression: str
    target: int | None


@dataclass(frozen=True)
class OutlineStep:
    """One version: its patch (none where it only repairs), and the repairs that a row meets before it."""

    number: int
    words: str
    expression: str
    does: str
    team: str
    url: str
    backs: tuple[RepairPointer, ...]

    @property
    def is_patch(self) -> bool:
        return bool(self.does)


@dataclass(frozen=True)
class FoldedSteps:
    """A run of older steps that the page folds, newest first."""

    steps: tuple[OutlineStep, ...]

    @property
    def first(self) -> int:
        return self.steps[-1].number

    @property
    def last(self) -> int:
        return self.steps[0].number

    @property
    def teams(self) -> int:
        return len({step.team for step in self.steps if step.team})

    @property
    def repairs(self) -> int:
        return sum(len(step.backs) for step in self.steps)


@dataclass(frozen=True)
class ListOutline:
    """The outline's steps as a row meets them, newest first; the base model comes after the last."""

    steps: tuple[OutlineStep, ...]

    @property
    def opened(self) -> tuple[OutlineStep, ...]:
        return self.steps[:OPEN_STEPS]

    @cached_property
    def flights(self) -> tuple[FoldedSteps, ...]:
        rest = self.steps[OPEN_STEPS:]
        return tuple(FoldedSteps(rest[start : start + FLIGHT]) for start in range(0, len(rest), FLIGHT))

    @property
    def is_long(self) -> bool:
        return len(self.steps) > MOST_STEPS


def outline_list(
    versions: Sequence[ModelVersion],
    declared: Mapping[str, DeclaredGroup],
    submissions: Mapping[str, Submission],
) -> ListOutline:
    """Returns the outline of the present list from its versions, oldest first, the base model among them."""
    names = _Names(declared, submissions)
    # A repair points at a number of nodes; readers know versions.
    version_of = {version.node_count: version.number for version in versions}
    # Every version begins with the nodes of the one before.
    nodes = versions[-1].nodes
    steps = [
        _step(version, nodes[before.node_count : version.node_count], names, version_of)
        for before, version in pairwise(versions)
    ]
    return ListOutline(tuple(reversed(steps)))


def count_pointers(versions: Sequence[ModelVersion]) -> tuple[Pointer, ...]:
    """Returns how many repairs of each version point back to which earlier one."""
    version_of, nodes = {version.node_count: version.number for version in versions}, versions[-1].nodes
    counted: dict[tuple[int, int], int] = {}
    for before, version in pairwise(versions):
        for node in nodes[before.node_count : version.node_count]:
            if isinstance(node, Repair) and (target := version_of.get(node.target)) is not None:
                pair = (version.number, target)
                counted[pair] = counted.get(pair, 0) + 1
    return tuple(Pointer(version, target, count) for (version, target), count in counted.items())


@dataclass(frozen=True)
class _Names:
    """The groups that a list's nodes name: declared ones and those of submissions."""

    declared: Mapping[str, DeclaredGroup]
    submissions: Mapping[str, Submission]

    def of(self, key: str) -> tuple[str, str]:
        """Words and expression of a node's group."""
        if (group := self.declared.get(key)) is not None:
            return group.name, group.expression
        if (submission := self.submissions.get(key)) is not None:
            return submission.words or submission.description, submission.expression
        return _("a group that is no longer listed"), ""


def _step(
    version: ModelVersion, nodes: Sequence[Node], names: _Names, version_of: Mapping[int, int]
) -> OutlineStep:
    patch = next((node for node in nodes if isinstance(node, Update)), None)
    # The newest node is asked first, so the last repair stands on top.
    backs = tuple(
        RepairPointer(*names.of(node.key), version_of.get(node.target))
        for node in reversed(nodes)
        if isinstance(node, Repair)
    )
    if patch is None:
        return OutlineStep(version.number, _("nobody but those named above"), "", "", "", "", backs)
    submission = names.submissions.get(patch.key)
    words, expression = names.of(patch.key)
    if submission is None:
        return OutlineStep(version.number, words, expression, _("a patch answers"), "", "", backs)
    submission.team.competition = version.competition
    return OutlineStep(
        version.number,
        words,
        expression,
        submission.description or _("a patch answers"),
        submission.team.name,
        submission.team.get_absolute_url(),
        backs,
    )
