"""The engine: published versions, protected groups, and proposals for the next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.bitsets import pack_mask
from evaluator.decision_list.arrays import (
    Array,
    ArrayError,
    Candidate,
    Head,
    Mask,
    Practice,
    Protected,
    Step,
    check_mask,
    check_predictions,
)
from evaluator.decision_list.engine.bits import GroupBits
from evaluator.decision_list.engine.changes import ChangeLog, find_differences
from evaluator.decision_list.engine.trial import Guards, Trial
from evaluator.decision_list.engine.units import RowUnits, Units
from evaluator.decision_list.nodes import Node, Repair, Update
from evaluator.losses import UNITS


@dataclass(frozen=True, eq=False)
class Proposal:
    """A proposed next version. It holds as long as no other step is accepted."""

    candidate: Candidate
    gain: int  # practice loss that it takes away, repairs included, in fixed point
    head: Array  # the predictions that it was made from
    rows: NDArray[np.intp]  # where it answers otherwise
    units: Units
    guards: Guards  # with the step's group, where it is large enough
    sums: NDArray[np.int64]
    group: Mask | None


class Engine:
    """The engine of one list: its versions and its protected groups. Not safe among threads: whoever writes it
    holds a lock.

    `propose` never changes it; `accept` publishes a proposal as the next version. A step that is refused with an
    error leaves everything as it was.
    """

    def __init__(
        self, base: Array, practice: Practice, declared: Sequence[Protected] = (), *, position: int = 0
    ) -> None:
        """`base` over all rows, as many nodes as `position` says below it (0: it is the base model).

        ValueError where base predictions are none, the tolerance is negative, or practice rows are no plain range.
        """
        if practice.tolerance < 0:
            raise ValueError(f"The tolerance is {practice.tolerance}; it must not be negative.")
        start, stop, stride = practice.rows.indices(len(base))
        if stride != 1:
            raise ValueError(f"Practice rows must follow one another, not be {practice.rows}.")
        self.practice = practice
        self._rows = range(start, max(start, stop))
        self._ends = np.array([self._rows.start, self._rows.stop])
        self._head = _frozen(base.copy())
        self._row_units = RowUnits(practice)
        self._units = self._row_units.all(base[practice.rows])
        self.log = ChangeLog(base, self._row_units.dtype, rows=len(base))
        self.bits = GroupBits(len(base))
        self.guards = Guards.empty()
        self.positions = [position]
        self.added: list[tuple[Node, ...]] = [()]
        self._checked: Step | None = None
        for group in declared:
            self.protect(group)

    @classmethod
    def from_heads(
        cls, published: Sequence[Head], protected: Sequence[Protected], practice: Practice
    ) -> Engine:
        """An engine over published heads. The nodes that they added are not known to it."""
        engine = cls(published[0].predictions, practice, protected, position=published[0].position)
        for head in published[1:]:
            rows = np.flatnonzero(find_differences(head.predictions, engine._head))
            trial = engine._trial(engine.guards)
            trial.start(engine._head.copy(), engine._units.copy())
            trial.change(rows, head.predictions[rows])
            engine._publish(trial.now, rows, trial.units, trial.guards, trial.sums)
            engine.positions.append(head.position)
            engine.added.append(())
        return engine

    @property
    def version(self) -> int:
        """The number of the newest head; 0 is the base model."""
        return self.log.newest

    @property
    def head(self) -> Head:
        """The newest head."""
        return Head(self.positions[-1], self._head)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The whole list, oldest first, as far as it was built here."""
        return tuple(node for added in self.added for node in added)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the guarded groups."""
        return self.guards.keys

    def group_losses(self) -> NDArray[np.int64]:
        """Losses of the guarded groups under the newest head, int64[groups] in fixed point."""
        return self.guards.sums * self._row_units.scale

    def group_means(self, proposal: Proposal) -> NDArray[np.float64]:
        """Mean losses float64[groups, 3] of the guarded groups: under the head, under the proposal, at their best."""
        guards = self.guards
        sums = np.stack([guards.sums, proposal.sums[: len(guards.keys)], guards.best], axis=1)
        means: NDArray[np.float64] = sums * self._row_units.scale / (guards.sizes[:, None] * UNITS)
        return means

    def losses_inside(self, mask: Mask) -> int:
        """Loss units of the newest head summed over a mask of practice rows."""
        return self._row_units.inside(mask, self._units)

    def predictions_at(self, version: int) -> Array:
        """A version's predictions on all rows. Raises IndexError where there is no such version."""
        if not 0 <= version <= self.version:
            raise IndexError(f"There is no version {version}; the newest is {self.version}.")
        return self.log.predictions_at(version, self._head)

    def protect(self, group: Protected) -> None:
        """Guard one more group from now on, by its best since the base model. Too small ones are passed over."""
        check_mask(group.mask, len(self._head))
        if self.practice.guards(group):
            self.guards = self._guarding(self.guards, group)
            self.bits.add(pack_mask(group.mask))

    def gain(self, step: Step) -> int:
        """The practice loss that the patch alone takes away, without repairs, in fixed point. Reads, never writes.

        A cheap first look: repairs can only add to it. ArrayError where the step does not fit.
        """
        self._check(step)
        held = step.mask[self.practice.rows]
        before = self.losses_inside(held)
        if self.practice.loss.is_zero_one:
            wrong = step.predictions[self.practice.rows] != self.practice.y
            return (before - int(np.count_nonzero(wrong & held))) * self._row_units.scale
        rows = np.flatnonzero(held)
        after = self._row_units.some(rows, step.predictions[self.practice.rows][rows])
        return (before - int(after.sum())) * self._row_units.scale

    def propose(self, step: Step) -> Proposal:
        """The proposal of a patch on top of the newest head, with its repairs; its own group is part of the check.

        Raises ArrayError where the mask or the answers do not fit; nothing has changed then.
        """
        self._check(step)
        group = Protected(step.key, step.mask)
        guarded = self.practice.guards(group)
        trial = self._trial(self._guarding(self.guards, group) if guarded else self.guards)
        if guarded:
            trial.newcomer = step.mask
        trial.start(self._head.copy(), self._units.copy())
        rows = np.flatnonzero(find_differences(step.predictions, self._head) & step.mask)
        trial.change(rows, step.predictions[rows].astype(self._head.dtype))
        repairs = trial.settle(self._slack(trial.guards), self.positions)
        added: tuple[Node, ...] = (Update(step.key), *repairs)
        return Proposal(
            Candidate(added, _frozen(trial.now), self.positions[-1] + len(added)),
            trial.saved * self._row_units.scale,
            self._head,
            trial.changed(),
            trial.units,
            trial.guards,
            trial.sums,
            step.mask if guarded else None,
        )

    def accept(self, proposal: Proposal) -> None:
        """Publish a proposal as the next version. Raises ValueError where it was made for another head."""
        if proposal.head is not self._head:
            raise ValueError(f"The proposal was made for another head than version {self.version}.")
        if proposal.group is not None:
            self.bits.add(pack_mask(proposal.group))
        candidate = proposal.candidate
        self._publish(candidate.predictions, proposal.rows, proposal.units, proposal.guards, proposal.sums)
        self.positions.append(candidate.position)
        self.added.append(candidate.added)

    def settle(self, predictions: Array) -> tuple[tuple[Repair, ...], Array]:
        """The repairs that any predictions on all rows would need, and the predictions with them. Changes nothing
        here.
        """
        if predictions.shape != self._head.shape:
            raise ArrayError(
                f"The predictions have shape {predictions.shape}, the model's {self._head.shape}."
            )
        trial = self._trial(self.guards)
        trial.start(self._head.astype(predictions.dtype), self._units.copy())
        rows = np.flatnonzero(find_differences(predictions, self._head))
        trial.change(rows, predictions[rows])
        return trial.settle(self._slack(self.guards), self.positions), trial.now

    def _check(self, step: Step) -> None:
        if step is self._checked:  # `gain` looked at it just now
            return
        check_mask(step.mask, len(self._head))
        classes = len(self.practice.loss.costs) or self.practice.classes
        check_predictions(step.mask, step.predictions, self._head, classes)
        self._checked = step

    def _guarding(self, guards: Guards, group: Protected) -> Guards:
        held = group.mask[self.practice.rows]
        now = self.losses_inside(held)
        return guards.with_group(group.key, int(np.count_nonzero(held)), self.log.loss_at_versions(held, now))

    def _trial(self, guards: Guards) -> Trial:
        return Trial(self.log, self.bits, guards, self._row_units, self._ends, self._head)

    def _slack(self, guards: Guards) -> NDArray[np.int64]:
        """By how many units a group's loss may exceed its best; the tolerance is on its mean."""
        return round(self.practice.tolerance * UNITS) * guards.sizes // self._row_units.scale

    def _publish(
        self, now: Array, rows: NDArray[np.intp], units: Units, guards: Guards, sums: NDArray[np.int64]
    ) -> None:
        first, end = rows.searchsorted(self._ends)
        local = rows[first:end] - self._rows.start
        changes = units[local] - self._units[local]
        unlike = changes.nonzero()[0]
        self.log.push(self._head, rows, local[unlike], changes[unlike])
        self.guards = guards.with_head(sums, self.version)
        self._head, self._units = _frozen(now), units


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
