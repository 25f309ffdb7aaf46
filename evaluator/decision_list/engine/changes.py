"""The change log: the rows that each version changed, so that every stored version can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.arrays import Array, Mask

Rows = npt.NDArray[np.intp]

# In tables of so few rows, a flag for each is quicker than sorting.
_FEW_ROWS = 1 << 15


class Growing:
    """An append-only array, at the cost of its last doubling."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._held, self._count = values, len(values)

    @property
    def values(self) -> npt.NDArray[Any]:
        """The values so far."""
        return self._held[: self._count]

    def append(self, more: npt.NDArray[Any]) -> None:
        """Append values at the end."""
        end = self._count + len(more)
        if end > len(self._held):
            grown = np.empty((max(64, end, 2 * len(self._held)), *self._held.shape[1:]), self._held.dtype)
            grown[: self._count] = self.values
            self._held = grown
        self._held[self._count : end] = more
        self._count = end


class ChangeLog:
    """A log of changes: rows, the answers they had before, and the changes of their loss, version after version.

    Walking back to an old version reads what was logged since; whole predictions are kept wherever the log grew
    by twice the table, so the walk is bounded by the table and the copies by half the log.
    """

    def __init__(self, base: Array, unit: Any, *, rows: int) -> None:
        self._rows_of_table = rows
        self.rows = Growing(np.empty(0, dtype=np.int32))
        self.old = Growing(np.empty((0, *base.shape[1:]), dtype=base.dtype))
        self.ends = [0]  # of version v in `rows` and `old`; version 0 is the base model
        self.loss_rows = Growing(
            np.empty(0, dtype=np.int32)
        )  # of the practice rows, from 0; only where it changed
        self.loss_changes = Growing(np.empty(0, dtype=unit))
        self.loss_ends = Growing(np.zeros(1, dtype=np.int64))
        self._whole: dict[int, Array] = {}

    @property
    def newest(self) -> int:
        """The number of the newest version; 0 is the base model."""
        return len(self.ends) - 1

    def push(self, head: Array, rows: Rows, loss_rows: Rows, loss_changes: npt.NDArray[Any]) -> None:
        """Record a version: `rows` of `head`, which is the version before, are about to change."""
        last = max(self._whole, default=0)
        if self.ends[-1] - self.ends[last] > 2 * self._rows_of_table:
            self._whole[self.newest] = head.copy()
        self.rows.append(rows)
        self.old.append(head[rows])
        self.ends.append(self.ends[-1] + len(rows))
        self.loss_rows.append(loss_rows)
        self.loss_changes.append(loss_changes)
        self.loss_ends.append(np.array([len(self.loss_rows.values)]))

    def keep_whole(self, head: Array) -> None:
        """Keep the whole predictions that `push` would have kept: for a log that was read from a file."""
        now, kept = head.copy(), self.ends[-1]
        for version in range(self.newest - 1, 0, -1):
            part = slice(self.ends[version], self.ends[version + 1])
            now[self.rows.values[part]] = self.old.values[part]
            if kept - self.ends[version] > 2 * self._rows_of_table:
                self._whole[version], kept = now.copy(), self.ends[version]

    def back_to(self, version: int, head: Array) -> tuple[Array, slice]:
        """Whole predictions of this version or a later one, and the slice of the log between them."""
        later = min((kept for kept in self._whole if kept >= version), default=None)
        end = self.newest if later is None else later
        return head if later is None else self._whole[later], slice(self.ends[version], self.ends[end])

    def predictions_at(self, version: int, head: Array) -> Array:
        """A copy of a version's predictions over all rows."""
        start, between = self.back_to(version, head)
        result = start.copy()
        # The oldest entry of a row comes last, and stays.
        result[self.rows.values[between][::-1]] = self.old.values[between][::-1]
        return result

    def answers_at(
        self, version: int, head: Array, now: Array, touched: Rows, mask: Mask
    ) -> tuple[Rows, Array]:
        """The rows of a mask (ascending) where `now` may differ from a version, and that version's answers there.

        `touched`: all rows where `now` differs from `head`, in any order, more than once if need be.
        """
        start, between = self.back_to(version, head)
        suspects = (
            touched[mask[touched]] if start is head else np.flatnonzero(find_differences(start, now) & mask)
        )
        rows, old = self.rows.values[between], self.old.values[between]
        held = mask[rows]
        rows, old = rows[held], old[held]
        found = union_rows([suspects, rows], len(head))
        answers = np.empty_like(now)
        answers[found] = start[found]
        answers[rows[::-1]] = old[::-1]
        return found, answers[found]

    def loss_at_versions(self, mask: Mask, newest: int) -> npt.NDArray[np.int64]:
        """A group's loss under each version, int64[versions], from its loss under the newest."""
        held = self.loss_changes.values * mask[self.loss_rows.values]
        running = np.zeros(len(held) + 1, dtype=np.int64)
        held.cumsum(out=running[1:])
        at_versions = running[self.loss_ends.values]
        at_versions += newest - running[-1]
        return at_versions


def union_rows(parts: Sequence[npt.NDArray[np.integer[Any]]], rows: int) -> Rows:
    """The union of row numbers, ascending, each once."""
    if rows > _FEW_ROWS and sum(len(part) for part in parts) * 16 < rows:
        found = np.concatenate(parts).astype(np.intp)
        found.sort()
        first = np.ones(len(found), dtype=np.bool_)
        first[1:] = found[1:] != found[:-1]
        return found[first]
    flags = np.zeros(rows, dtype=np.bool_)
    for part in parts:
        flags[part] = True
    return np.flatnonzero(flags)


def find_differences(one: Array, other: Array) -> Mask:
    """The mask bool[n] of rows where two predictions are not the same."""
    unlike: Mask = one != other
    return unlike if unlike.ndim == 1 else np.any(unlike, axis=1)
