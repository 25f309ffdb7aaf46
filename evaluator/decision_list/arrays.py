"""Arrays that decision lists are computed from, over all rows in one fixed order, and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.nodes import Node, Repair
from evaluator.errors import BountyError
from evaluator.losses import SUM_TOLERANCE, Loss, to_units

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
FixedPoint = npt.NDArray[np.int64]


class ArrayError(BountyError, ValueError):
    """An array that does not fit the list. `row` is the first offending one, from 1, where there is one."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


@dataclass(frozen=True, eq=False)
class Head:
    """A published head: the number of nodes of its list, and its predictions on all rows ([n] or [n, K])."""

    position: int
    predictions: Array


@dataclass(frozen=True, eq=False)
class Protected:
    """A protected group, never to be served worse than it was. Declared groups are protected at any size."""

    key: str
    mask: Mask  # bool[n], over all rows
    declared: bool = False


@dataclass(frozen=True, eq=False)
class Practice:
    """The practice rows, their labels and the repair rule. `y` has one label for each of `rows`."""

    rows: slice
    y: Array
    loss: Loss
    tolerance: float = 0.0  # how much a group's MEAN loss may exceed its best, whatever the group's size
    smallest_group: int = 1  # accepted groups with fewer practice rows are not protected
    classes: int | None = None  # how many class codes there are, where they are to be checked

    def units(self, predictions: Array) -> FixedPoint:
        """Losses of the practice rows in fixed point, int64[m], from predictions over all rows."""
        return to_units(self.loss.rows(self.y, predictions[self.rows]))

    def guards(self, group: Protected) -> bool:
        """Whether the group has enough practice rows to be protected."""
        held = int(np.count_nonzero(group.mask[self.rows]))
        return held > 0 and (group.declared or held >= self.smallest_group)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A candidate for the next head: the nodes to push on top (the update first), and its predictions."""

    added: tuple[Node, ...]
    predictions: Array
    position: int  # nodes of the list with `added`

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """The repairs among the added nodes, oldest first."""
        return tuple(node for node in self.added if isinstance(node, Repair))

    def as_head(self) -> Head:
        """The head that the candidate would become."""
        return Head(self.position, self.predictions)


@dataclass(frozen=True, eq=False)
class Step:
    """An accepted submission to replay: its key, its mask bool[n] and its predictions over all rows."""

    key: str
    mask: Mask
    predictions: Array


def check_mask(mask: Mask, rows: int) -> None:
    """Raise ArrayError where a mask is not bool[rows]; integers would be taken for row numbers."""
    if mask.dtype != np.bool_ or mask.shape != (rows,):
        raise ArrayError(f"The mask is {mask.dtype}{list(mask.shape)}, not bool[{rows}].")


def check_predictions(mask: Mask, patch: Array, base: Array, classes: int | None = None) -> None:
    """Raise ArrayError where a patch's answers cannot stand in the model's place in the rows of `mask`.

    Other rows are not looked at. A model of integers cannot take floats: 0.6 must never become 0.
    """
    if patch.shape != base.shape:
        raise ArrayError(f"The patch answers with shape {patch.shape}, the model with {base.shape}.")
    if patch.dtype != base.dtype and not np.can_cast(patch.dtype, base.dtype, casting="same_kind"):
        raise ArrayError(f"The model's {base.dtype} predictions cannot hold the patch's {patch.dtype} ones.")
    if not len(patch):
        return
    if patch.dtype.kind == "f":
        finite = np.isfinite(patch)
        if not finite.all():
            _refuse(mask & ~_each(finite), patch, "values that are not finite")
        if patch.ndim == 2:
            _refuse(mask & ~_distributions(patch), patch, "what are no probabilities that sum to 1")
    elif base.dtype.kind == "i":
        limit = classes if classes is not None else 1 << (8 * base.itemsize - 1)
        if patch.dtype.kind == "b":
            return
        # As unsigned numbers the negative ones are the largest: one look over the array is enough.
        if int(patch.view(f"u{patch.itemsize}").max()) >= limit:
            bad = (patch < 0) | (patch >= limit)
            _refuse(mask & bad, patch, f"a class code that is none of 0 to {limit - 1}")


def _each(holds: Mask) -> Mask:
    return holds if holds.ndim == 1 else np.all(holds, axis=1)


def _distributions(patch: Array) -> Mask:
    numbers = np.where(np.isfinite(patch), patch, 2.0)  # outside the group anything may stand
    inside = np.all((numbers >= -SUM_TOLERANCE) & (numbers <= 1 + SUM_TOLERANCE), axis=1)
    return inside & np.asarray(np.abs(numbers.sum(axis=1) - 1) <= SUM_TOLERANCE)


def _refuse(bad: Mask, patch: Array, problem: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise ArrayError(
            f"The patch answers with {problem}: in row {row + 1}, {patch[row].tolist()!r}.", row=row + 1
        )
