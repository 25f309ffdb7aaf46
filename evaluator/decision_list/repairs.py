"""Updates and repairs of a decision list, decided on practice rows (docs/science.md, The shared model).

Losses are compared as integers (2**30 a unit), so a decision depends neither on the order of the rows nor on
how a sum was grouped, and "never worse" holds exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluator.decision_list.arrays import (
    Array,
    ArrayError,
    Candidate,
    FixedPoint,
    Head,
    Mask,
    Practice,
    Protected,
    Step,
    check_mask,
    check_predictions,
)
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.nodes import Node, Repair, Update
from evaluator.losses import UNITS

__all__ = [
    "ArrayError",
    "Candidate",
    "Head",
    "Practice",
    "Protected",
    "Step",
    "extend_head",
    "group_sums",
    "merge_patch",
    "repair_groups",
    "replay_gaining_steps",
    "replay_steps",
]

_EXACT_IN_FLOAT = 2**53
_BLOCK_ROWS = 8192


def repair_groups(
    predictions: Array, published: Sequence[Head], protected: Sequence[Protected], practice: Practice
) -> tuple[tuple[Repair, ...], Array]:
    """The repairs that send protected groups back to the published head that served them best, until none is
    violated.

    The group with the largest gap in mean loss goes first (ties: by position in `protected`), and the scan
    restarts after each repair, because a repair may hurt another group. Every repair lowers the practice loss
    by at least one integer unit, so the loop ends.

    Returns the repairs, oldest first, and the predictions over all rows with the repairs applied.
    Raises ValueError where no head is published or the tolerance is negative.
    """
    if not published:
        raise ValueError("A repair needs the base model or another published head to go back to.")
    return Engine.from_heads(published, protected, practice).settle(predictions)


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


def extend_head(
    head: Head, published: Sequence[Head], step: Step, protected: Sequence[Protected], practice: Practice
) -> Candidate:
    """The candidate of a head with a patch pushed on top, and the repairs this makes necessary.

    `published` holds the base model and every published head, `head` among them. The new group is part of
    its own check. Raises ValueError where the patch's predictions do not fit the head's.
    """
    merged = merge_patch(head.predictions, step.mask, step.predictions)
    others = [group for group in protected if group.key != step.key]
    repairs, predictions = repair_groups(
        merged, published, [*others, Protected(step.key, step.mask)], practice
    )
    added: tuple[Node, ...] = (Update(step.key), *repairs)
    return Candidate(added, predictions, head.position + len(added))


def merge_patch(base: Array, mask: Mask, patch: Array) -> Array:
    """Predictions with the patch's answers where the mask holds, the base's elsewhere, in the base's dtype.

    Raises ArrayError on other shapes, on answers that are none inside the mask (not finite, no distribution, no
    class code), and where the base's dtype cannot hold the patch's values (0.6 must never become 0).
    """
    check_mask(mask, len(base))
    check_predictions(mask, patch, base)
    merged = base.copy()
    merged[mask] = patch[mask]
    return merged


def replay_steps(
    base: Array, steps: Sequence[Step], declared: Sequence[Protected], practice: Practice
) -> tuple[Candidate, ...]:
    """The candidates of accepted submissions replayed in order, each taken as it is; repairs are recomputed.

    No submitted code runs. Returns one candidate a step; the nodes of version v are the `added` of the
    first v of them, one after the other.
    """
    engine = Engine(base, practice, declared)
    versions: list[Candidate] = []
    for step in steps:
        proposal = engine.propose(step)
        engine.accept(proposal)
        versions.append(proposal.candidate)
    return tuple(versions)


def replay_gaining_steps(
    base: Array, steps: Sequence[Step], declared: Sequence[Protected], practice: Practice
) -> tuple[Candidate | None, ...]:
    """The candidates of replayed submissions, with None for a step that takes no practice loss away, repairs
    included.
    """
    engine = Engine(base, practice, declared)
    versions: list[Candidate | None] = []
    for step in steps:
        proposal = engine.propose(step)
        if proposal.gain > 0:
            engine.accept(proposal)
        versions.append(proposal.candidate if proposal.gain > 0 else None)
    return tuple(versions)
