"""Packed masks of groups, n / 8 bytes each, and the sums of changed losses in every group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluator.bitsets import Words, unpack_mask, word_count

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Integers = npt.NDArray[np.int64]

# Groups are summed a few at a time, so that what is being counted stays in the processor's cache.
_WORDS_AT_ONCE = 1 << 16
_ENTRIES_AT_ONCE = 1 << 20
# Counts of bits are added up in lanes of 16 bits; this many words cannot fill one.
_WORDS_A_LANE = 4080
# Up to here the short way of counting is the quick one.
_FEW_WORDS = 64
# With more different changes of loss than this, rows are looked up one by one.
_FEW_VALUES = 6
# Where there are no more bits than this to look at, each is looked at.
_FEW_BITS = 1 << 15
_BIT_IN_BYTE = np.array([1 << place for place in range(8)], dtype=np.uint8)
_EXACT_IN_FLOAT = 2**53
_BYTE_LANES = np.uint64(0x00FF00FF00FF00FF)
_LANE = np.uint64(0xFFFF)


class GroupBits:
    """Packed masks, one line a group. Grows by doubling; a line never changes once it is there."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._lines = np.zeros((0, word_count(rows)), dtype=np.uint64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def lines(self) -> Words:
        """The packed masks, uint64[groups, words]."""
        return self._lines[: self._count]

    def add(self, words: Words) -> None:
        """Append one group's packed mask."""
        if self._count == len(self._lines):
            grown = np.zeros((max(16, 2 * self._count), self._lines.shape[1]), dtype=np.uint64)
            grown[: self._count] = self.lines
            self._lines = grown
        self._lines[self._count] = words
        self._count += 1

    def mask(self, group: int) -> Mask:
        """One group's mask, bool[rows]."""
        return unpack_mask(self._lines[group], self.rows)

    def sums(self, rows: Rows, changes: npt.NDArray[np.integer]) -> Integers:
        """Exact sums int64[groups] of the changes of some rows (ascending), in each group.

        Only the words that hold changed rows are read.
        """
        if not len(rows) or not len(self):
            return np.zeros(len(self), dtype=np.int64)
        if len(rows) * len(self) <= _FEW_BITS:
            return self._sums_of_rows(rows, changes)
        if changes.dtype == np.int8:  # of a 0-1 loss, which can only go one unit up or down
            return self._balance(rows, changes < 0)
        amounts = np.abs(changes)
        different = np.unique(amounts)
        if len(different) > _FEW_VALUES:
            return self._sums_of_rows(rows, changes)
        total = np.zeros(len(self), dtype=np.int64)
        for amount in different[different > 0].tolist():
            alike = amounts == amount
            total += amount * self._balance(rows[alike], changes[alike] < 0)
        return total

    def _balance(self, rows: Rows, minus: Mask) -> Integers:
        """How many more rows each group holds of those that are not `minus` than of those that are.

        For words p, m of disjoint bits: |x & p| - |x & m| = |(x & (p | m)) ^ m| - |m|, so one count does for both.
        """
        touched, changed, flipped = _words(rows, minus)
        size = self._lines.shape[1]
        sparse = 2 * len(touched) <= size
        if not sparse:
            changed, flipped = _scattered(touched, changed, size), _scattered(touched, flipped, size)
        total = np.full(len(self), -np.count_nonzero(minus), dtype=np.int64)
        for start in range(0, len(changed), _WORDS_A_LANE):
            part = slice(start, start + _WORDS_A_LANE)
            few = max(1, _WORDS_AT_ONCE // len(changed[part]))
            for first in range(0, len(self), few):
                groups = self.lines[first : first + few]
                read = groups.take(touched[part], axis=1) if sparse else groups[:, part] & changed[part]
                if sparse:
                    read &= changed[part]
                read ^= flipped[part]
                total[first : first + few] += _count(read)
        return total

    def _sums_of_rows(self, rows: Rows, changes: npt.NDArray[np.integer]) -> Integers:
        """For losses of any size: the bit of every changed row, times its change."""
        total = np.zeros(len(self), dtype=np.int64)
        exact = changes.dtype == np.int8 or int(np.abs(changes).max()) * len(changes) < _EXACT_IN_FLOAT
        # Sums of integers below 2**53 are exact in floating point in any order, and much faster.
        weights = changes.astype(np.float64 if exact else np.int64)
        places, bits = rows >> 3, _BIT_IN_BYTE[rows & 7]
        lines = self.lines.view(np.uint8)
        few = max(1, _ENTRIES_AT_ONCE // len(rows))
        for first in range(0, len(lines), few):
            held = lines[first : first + few].take(places, axis=1)
            held &= bits
            total[first : first + few] = held.astype(np.bool_).astype(weights.dtype) @ weights
        return total


def _words(rows: Rows, minus: Mask) -> tuple[Rows, Words, Words]:
    """Which words hold the rows, and in each the bits of all of them, and of those that are minus.

    Filled up to a multiple of eight with words that hold none.
    """
    number = rows >> 6
    first = np.concatenate([[0], np.flatnonzero(number[1:] != number[:-1]) + 1])
    bits = np.uint64(1) << (rows & 63).astype(np.uint64)
    touched = np.zeros(-(-len(first) // 8) * 8, dtype=np.intp)
    changed, flipped = np.zeros(len(touched), dtype=np.uint64), np.zeros(len(touched), dtype=np.uint64)
    touched[: len(first)] = number[first]
    # Every row has a bit of its own, so adding is joining.
    changed[: len(first)] = np.add.reduceat(bits, first)
    flipped[: len(first)] = np.add.reduceat(bits * minus, first)
    return touched, changed, flipped


def _scattered(touched: Rows, values: Words, size: int) -> Words:
    whole = np.zeros(size, dtype=np.uint64)
    np.add.at(whole, touched, values)  # what fills up points at the first word, and adds nothing to it
    return whole


def _count(words: Words) -> Integers:
    """Bits set in each line of [lines, a multiple of 8 and at most _WORDS_A_LANE words].

    Counts of eight words share a word; they are paired into four lanes of 16 bits before they are added up.
    """
    if words.shape[1] <= _FEW_WORDS:
        return np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    counts = np.bitwise_count(words).view(np.uint64)
    odd = (counts >> np.uint64(8)) & _BYTE_LANES
    lanes = ((counts & _BYTE_LANES) + odd).sum(axis=1)
    halves = [(lanes >> np.uint64(shift)) & _LANE for shift in (0, 16, 32, 48)]
    return (halves[0] + halves[1] + halves[2] + halves[3]).astype(np.int64)
