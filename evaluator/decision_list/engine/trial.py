"""The trial of a candidate: changed answers, and the repairs that they make necessary.

docs/science.md, The shared model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.arrays import Array, Mask
from evaluator.decision_list.engine.bits import GroupBits
from evaluator.decision_list.engine.changes import ChangeLog, find_differences, union_rows
from evaluator.decision_list.engine.units import RowUnits, Units
from evaluator.decision_list.nodes import Repair

Rows = npt.NDArray[np.intp]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Guards:
    """The protected groups: practice rows, the lowest loss of any published head, and that head's version."""

    keys: tuple[str, ...]
    table: Integers  # [4, groups]: the four below, together because they grow together

    @classmethod
    def empty(cls) -> Guards:
        """Guards of no group."""
        return cls((), np.zeros((4, 0), dtype=np.int64))

    @property
    def sizes(self) -> Integers:
        """Practice rows of each group."""
        return self.table[0]

    @property
    def sums(self) -> Integers:
        """Loss units under the newest head."""
        return self.table[1]

    @property
    def best(self) -> Integers:
        """The lowest loss units under any published head."""
        return self.table[2]

    @property
    def best_version(self) -> Integers:
        """The first version with the lowest loss."""
        return self.table[3]

    def with_group(self, key: str, size: int, versions: Integers) -> Guards:
        """The guards with one more group, from its loss under every version."""
        first = int(versions.argmin())
        table = np.empty((4, len(self.keys) + 1), dtype=np.int64)
        table[:, :-1] = self.table
        table[:, -1] = size, versions[-1], versions[first], first
        return Guards((*self.keys, key), table)

    def with_head(self, sums: Integers, version: int) -> Guards:
        """The guards after another head was published, under which the groups have these losses."""
        table = self.table.copy()
        table[1] = sums
        table[2] = np.minimum(self.best, sums)
        table[3][sums < self.best] = version
        return Guards(self.keys, table)


class Trial:
    """Predictions under trial. Nothing that it was given is written to."""

    def __init__(
        self, log: ChangeLog, bits: GroupBits, guards: Guards, units: RowUnits, practice: Rows, head: Array
    ) -> None:
        self._log, self._bits, self._row_units, self._ends = log, bits, units, practice
        self._head = head
        self.guards = guards
        self.sums = guards.sums.copy()
        self.newcomer: Mask | None = None  # the last of the guards, where it is in no packed line yet

    def start(self, now: Array, units: Units) -> None:
        """Begin from the head's predictions and losses, which are written to: `touched` rows, `saved` units of
        loss.
        """
        self.now, self.units = now, units
        self.touched: list[Rows] = []
        self.saved = 0

    def change(self, rows: Rows, values: Array) -> None:
        """Set other answers in some rows (ascending), and update every group's loss."""
        self.touched.append(rows)
        self.now[rows] = values
        first, end = rows.searchsorted(self._ends)
        rows = rows[first:end]
        local = rows - self._ends[0]
        fresh = self._row_units.some(local, values[first:end])
        changes = fresh - self.units[local]
        self.units[local] = fresh
        unlike = changes.nonzero()[0]
        changes = changes[unlike]
        self.saved -= int(changes.sum(dtype=np.int64))
        self._add(rows[unlike], changes)

    def changed(self) -> Rows:
        """The rows where the predictions differ from the head's."""
        if len(self.touched) == 1:
            return self.touched[0]
        rows = union_rows(self.touched, len(self.now))
        return rows[find_differences(self.now[rows], self._head[rows])]

    def settle(self, slack: Integers, positions: list[int]) -> tuple[Repair, ...]:
        """Send violated groups back to the version that served them best, largest gap first, until none is left."""
        repairs: list[Repair] = []
        while True:
            excess = self.sums - self.guards.best
            worst = largest_gap(excess, self.guards.sizes, slack)
            if worst is None:
                return tuple(repairs)
            version = int(self.guards.best_version[worst])
            self._send_back(self._mask(worst), version)
            repairs.append(Repair(self.guards.keys[worst], positions[version]))

    def _send_back(self, mask: Mask, version: int) -> None:
        touched = np.concatenate(self.touched)
        rows, values = self._log.answers_at(version, self._head, self.now, touched, mask)
        keep = find_differences(values, self.now[rows])
        self.change(rows[keep], values[keep])

    def _mask(self, guard: int) -> Mask:
        if self.newcomer is not None and guard == len(self.guards.keys) - 1:
            return self.newcomer
        return self._bits.mask(guard)

    def _add(self, rows: Rows, changes: npt.NDArray[Any]) -> None:
        self.sums[: len(self._bits)] += self._bits.sums(rows, changes)
        if self.newcomer is not None:
            self.sums[-1] += int(changes[self.newcomer[rows]].sum(dtype=np.int64))


def largest_gap(excess: Integers, sizes: Integers, slack: Integers) -> int | None:
    """The violated group whose mean lies furthest above its best (ties: the first), or None where none is violated."""
    violated = (excess > slack).nonzero()[0]
    if not len(violated):
        return None
    gaps = excess[violated] / sizes[violated]
    close = violated[gaps >= gaps.max() * (1 - 1e-12)]
    chosen = int(close[0])
    for i in close[1:].tolist():
        # Python's integers do not overflow: a/b > c/d without rounding.
        if int(excess[i]) * int(sizes[chosen]) > int(excess[chosen]) * int(sizes[i]):
            chosen = i
    return chosen
