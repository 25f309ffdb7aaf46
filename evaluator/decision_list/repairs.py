"""Updates and the repairs they need, decided on practice rows (docs/science.md, The shared model).

Losses are compared as integers (2**30 a unit), so a decision depends neither on the order of the rows nor on
how a sum was grouped, and "never worse" holds exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.nodes import Node, Repair, Update
from evaluator.losses import UNITS, Loss, to_units

Array = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]
FixedPoint = npt.NDArray[np.int64]

_EXACT_IN_FLOAT = 2**53
_BLOCK_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Head:
    """A published head: how many nodes its list has, and its predictions on all rows ([n] or [n, K])."""

    position: int
    predictions: Array


@dataclass(frozen=True, eq=False)
class Protected:
    """A group that must never be served worse than it was. Declared groups are protected at any size."""

    key: str
    mask: Mask  # bool[n], over all rows
    declared: bool = False


@dataclass(frozen=True, eq=False)
class Practice:
    """Where repairs are decided, and by what rule. `y` has one label for each of `rows`."""

    rows: slice
    y: Array
    loss: Loss
    tolerance: float = 0.0  # how much a group's MEAN loss may exceed its best, whatever the group's size
    smallest_group: int = 1  # accepted groups with fewer practice rows are not protected

    def units(self, predictions: Array) -> FixedPoint:
        """Losses on practice rows in fixed point, from predictions over all rows."""
        return to_units(self.loss.rows(self.y, predictions[self.rows]))

    def guards(self, group: Protected) -> bool:
        """Whether the group is large enough here to be protected."""
        held = int(np.count_nonzero(group.mask[self.rows]))
        return held > 0 and (group.declared or held >= self.smallest_group)


@dataclass(frozen=True, eq=False)
class Candidate:
    """What a head would become: the nodes to push on top of it (the update first), and its predictions."""

    added: tuple[Node, ...]
    predictions: Array
    position: int  # nodes of the list with `added`

    @property
    def repairs(self) -> tuple[Repair, ...]:
        return tuple(node for node in self.added if isinstance(node, Repair))

    def as_head(self) -> Head:
        return Head(self.position, self.predictions)


@dataclass(frozen=True, eq=False)
class Step:
    """An accepted submission to replay: its key, its mask and its predictions over all rows."""

    key: str
    mask: Mask
    predictions: Array


def repair(
    predictions: Array, published: Sequence[Head], protected: Sequence[Protected], practice: Practice
) -> tuple[tuple[Repair, ...], Array]:
    """Send protected groups back to the published head that served them best, until none is violated.

    The group with the largest gap in mean loss goes first (ties: by position in `protected`), and the scan
    restarts after each repair, because a repair may hurt another group. Every repair lowers the practice loss
    by at least one integer unit, so the loop ends.

    Returns the repairs, oldest first, and the predictions over all rows with the repairs applied.
    Raises ValueError where no head is published or the tolerance is negative.
    """
    if not published:
        raise ValueError("A repair needs the base model or another published head to go back to.")
    if practice.tolerance < 0:
        raise ValueError(f"The tolerance is {practice.tolerance}; it must not be negative.")
    guarded = [group for group in protected if practice.guards(group)]
    result = predictions.copy()
    if not guarded:
        return (), result
    masks = np.stack([group.mask[practice.rows] for group in guarded])
    sizes = masks.sum(axis=1)
    sums = group_sums(masks, np.stack([practice.units(head.predictions) for head in published], axis=1))
    best_head, best = sums.argmin(axis=1), sums.min(axis=1)
    slack = round(practice.tolerance * UNITS) * sizes
    repairs: list[Repair] = []
    while True:
        excess = group_sums(masks, practice.units(result)) - best
        worst = _largest_gap(excess, sizes, excess > slack)
        if worst is None:
            return tuple(repairs), result
        group, head = guarded[worst], published[int(best_head[worst])]
        result[group.mask] = head.predictions[group.mask]
        repairs.append(Repair(group.key, head.position))


def group_sums(masks: Mask, units: FixedPoint) -> FixedPoint:
    """Integer losses of groups: masks [G, m] and units [m] or [m, H] -> int64 [G] or [G, H]."""
    if masks.shape[1] * UNITS >= _EXACT_IN_FLOAT:
        return np.stack([units[mask].sum(axis=0) for mask in masks])
    # Sums of integers below 2**53 are exact in floating point in any order, and much faster; blocks of rows
    # stay in the processor's cache.
    sums = np.zeros((len(masks), *units.shape[1:]))
    for start in range(0, len(units), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        sums += masks[:, rows].astype(np.float64) @ units[rows].astype(np.float64)
    return sums.astype(np.int64)


def _largest_gap(excess: FixedPoint, sizes: npt.NDArray[np.int64], violated: Mask) -> int | None:
    """The violated group whose mean lies furthest above its best; exact, so compared as fractions."""
    chosen: int | None = None
    for i in np.flatnonzero(violated):
        # Python's integers do not overflow: a/b > c/d without rounding.
        if chosen is None or int(excess[i]) * int(sizes[chosen]) > int(excess[chosen]) * int(sizes[i]):
            chosen = int(i)
    return chosen


def extend(
    head: Head, published: Sequence[Head], step: Step, protected: Sequence[Protected], practice: Practice
) -> Candidate:
    """The head with a patch pushed on top, and the repairs this makes necessary.

    `published` holds the base model and every published head, `head` among them. The new group is part of
    its own check. Raises ValueError where the patch's predictions do not fit the head's.
    """
    merged = merge(head.predictions, step.mask, step.predictions)
    others = [group for group in protected if group.key != step.key]
    repairs, predictions = repair(merged, published, [*others, Protected(step.key, step.mask)], practice)
    added: tuple[Node, ...] = (Update(step.key), *repairs)
    return Candidate(added, predictions, head.position + len(added))


def merge(base: Array, mask: Mask, patch: Array) -> Array:
    """The patch's answers where the mask holds, the base's elsewhere, in the base's dtype.

    Raises ValueError on other shapes, on answers that are not finite inside the mask, and where the base's
    dtype cannot hold the patch's values (0.6 must never become 0).
    """
    if mask.dtype != np.bool_ or mask.shape != base.shape[:1]:
        raise ValueError(f"The mask is {mask.dtype}{list(mask.shape)}, not bool[{len(base)}].")
    if patch.shape != base.shape:
        raise ValueError(f"The patch answers with shape {patch.shape}, the model with {base.shape}.")
    if not np.can_cast(patch.dtype, base.dtype, casting="same_kind"):
        raise ValueError(f"The model's {base.dtype} predictions cannot hold the patch's {patch.dtype} ones.")
    answers = patch[mask]
    if answers.dtype.kind == "f" and not np.isfinite(answers).all():
        raise ValueError("The patch answers with values that are not finite.")
    merged = base.copy()
    merged[mask] = answers
    return merged


def replay(
    base: Array, steps: Sequence[Step], declared: Sequence[Protected], practice: Practice
) -> tuple[Candidate, ...]:
    """The list again from accepted submissions in order, each taken as it is; repairs are recomputed.

    No submitted code runs. Returns one candidate a step; the nodes of version v are the `added` of the
    first v of them, one after the other.
    """
    published = [Head(0, base)]
    protected = list(declared)
    versions: list[Candidate] = []
    for step in steps:
        version = extend(published[-1], published, step, protected, practice)
        versions.append(version)
        published.append(version.as_head())
        protected.append(Protected(step.key, step.mask))
    return tuple(versions)
