"""Random submissions to measure with: groups of one to four conditions, and patches that err in some cells of the
table.

Patches get better as the stream goes on, as they do in a competition, so that some are always worth accepting.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from evaluator.decision_list import Practice, Step
from evaluator.losses import Loss

COLUMNS = 8
LEVELS = 6

Table = npt.NDArray[np.uint8]  # [columns, rows]
Codes = npt.NDArray[np.int16]


class World:
    """A practice table of `rows` rows, its base model, and a stream of submissions, the same for the same seed."""

    def __init__(self, rows: int, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._table = self._rng.integers(0, LEVELS, (COLUMNS, rows), dtype=np.uint8)
        self.y = self._rng.integers(0, 2, rows).astype(np.int16)
        cell = np.ravel_multi_index(tuple(self._table[:4]), (LEVELS,) * 4)
        self._difficulty = self._rng.random(LEVELS**4, dtype=np.float32)[cell]
        self.base = self._patch(0.5, 0.05)
        self.practice = Practice(slice(0, rows), self.y, Loss("zero_one"))

    def submissions(self, length: int) -> Iterator[Step]:
        """`length` submissions; the later, the more cells are right, but most have slips."""
        for number in range(length):
            mask = self._group()
            right, slips = 0.5 + 0.45 * number / length, self._rng.choice([0.005, 0.05, 0.2])
            yield Step(f"submission:{number}", mask, self._patch(right, slips) * mask)

    def _group(self) -> npt.NDArray[np.bool_]:
        mask = np.ones(self._table.shape[1], dtype=np.bool_)
        for column in self._rng.choice(COLUMNS, int(self._rng.choice([1, 2, 3, 6, 7])), replace=False):
            low = int(self._rng.integers(0, 3))
            high = low + int(self._rng.integers(1, 4))
            mask &= (self._table[column] >= low) & (self._table[column] <= high)
        return mask

    def _patch(self, right: float, slips: float) -> Codes:
        """Right in the easier cells, and wrong in some others that are its own."""
        own = np.zeros(self._table.shape[1], dtype=np.uint16)
        for column in self._rng.choice(COLUMNS, 4, replace=False):
            own = own * np.uint16(LEVELS) + self._table[column]
        wrong = (self._rng.random(LEVELS**4) < slips)[own] | (self._difficulty > right)
        return self.y ^ wrong
