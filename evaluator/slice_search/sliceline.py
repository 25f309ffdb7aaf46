"""SliceLine: the conjunctions of binned columns where a model errs most (Sagadeeva and Boehm, SIGMOD 2021).

A slice S of n rows with errors e scores

    score(S) = alpha * (mean error in S / mean error - 1) - (1 - alpha) * (n / |S| - 1)

so a slice is good that is both bad and large. The best k of all conjunctions up to a length are found exactly: a
conjunction is only looked at where an upper bound of its score, from those one condition shorter, can still win.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Slices whose masks are unpacked at once: 64 of 100,000 rows are 6 MB.
BATCH = 64
ALPHA = 0.98
MOST_LOOKED_AT = 20_000

# (column, bin): one condition. A slice is a sorted tuple of conditions on different columns.
Condition = tuple[int, int]
Key = tuple[Condition, ...]


@dataclass(frozen=True)
class Slice:
    """A slice: its conditions (column, bin), its score, its rows, and their mean error."""

    conditions: Key
    score: float
    rows: int
    error: float


@dataclass(frozen=True)
class _Node:
    """A slice that was counted: its rows as packed bits, how many, their summed and largest error."""

    key: Key
    bits: NDArray[np.uint8]
    rows: int
    total: float
    largest: float


def find_worst_slices(
    codes: NDArray[np.integer],
    errors: NDArray[np.float64],
    *,
    k: int = 5,
    least: int = 30,
    longest: int = 3,
    alpha: float = ALPHA,
    most: int = MOST_LOOKED_AT,
) -> list[Slice]:
    """The k best-scoring slices with a positive score, best first; at equal score the shorter one.

    Parameters
    ----------
    codes : int[n, m]
        The bin of each row in each column, from 0; below 0 is in no bin.
    errors : float64[n]
        Not negative.
    least : int
        Fewest rows of a slice.
    longest : int
        Most conditions of a slice.
    alpha : float in (0, 1]
        Weight of the error against the size.
    most : int
        Conjunctions that are counted at most; the most promising ones where there would be more.
    """
    search = _Search(np.asarray(errors, dtype=np.float64), least, alpha, k)
    if not search.possible:
        return []
    level = list(search.count(_single(codes, search)))
    budget = most
    for _ in range(1, longest):
        if len(level) < 2 or budget <= 0:
            break
        candidates = search.candidates(level)[:budget]
        budget -= len(candidates)
        level = list(search.count(_joined(candidates, level)))
    return search.best


def _single(codes: NDArray[np.integer], search: _Search) -> Iterator[tuple[Key, NDArray[np.uint8]]]:
    for column in range(codes.shape[1]):
        values = codes[:, column]
        for value in range(int(values.max(initial=-1)) + 1):
            yield ((column, value),), np.packbits(values == value)


def _joined(candidates: Sequence[Key], level: Sequence[_Node]) -> Iterator[tuple[Key, NDArray[np.uint8]]]:
    """A conjunction's rows: those of two of its parts, each one condition shorter."""
    bits = {node.key: node.bits for node in level}
    for key in candidates:
        yield key, bits[key[1:]] & bits[key[:-1]]


class _Search:
    """What is known while the lattice is searched: the best so far and the score to beat."""

    def __init__(self, errors: NDArray[np.float64], least: int, alpha: float, k: int) -> None:
        self.errors, self.least, self.alpha, self.k = errors, max(1, least), alpha, k
        self.n, self.mean = len(errors), float(errors.mean()) if len(errors) else 0.0
        self.best: list[Slice] = []

    @property
    def possible(self) -> bool:
        return self.k > 0 and self.n >= self.least and self.mean > 0

    @property
    def to_beat(self) -> float:
        return max(0.0, self.best[-1].score) if len(self.best) == self.k else 0.0

    def count(self, slices: Iterator[tuple[Key, NDArray[np.uint8]]]) -> Iterator[_Node]:
        """Count rows and errors, a batch at a time; those large enough come back, and are ranked."""
        batch: list[tuple[Key, NDArray[np.uint8], int]] = []
        for key, bits in slices:
            rows = int(np.bitwise_count(bits).sum(dtype=np.int64))
            if self.least <= rows:
                batch.append((key, bits, rows))
            if len(batch) == BATCH:
                yield from self._counted(batch)
                batch = []
        yield from self._counted(batch)

    def _counted(self, batch: Sequence[tuple[Key, NDArray[np.uint8], int]]) -> Iterator[_Node]:
        for key, bits, rows in batch:
            inside = self.errors[np.unpackbits(bits, count=self.n).view(bool)]
            node = _Node(key, bits, rows, float(inside.sum()), float(inside.max(initial=0.0)))
            if node.total > 0:
                self._rank(node)
                yield node

    def _rank(self, node: _Node) -> None:
        score = float(self._score(np.array([node.rows]), np.array([node.total]))[0])
        if score <= 0:
            return
        self.best.append(Slice(node.key, score, node.rows, node.total / node.rows))
        # Rounded: sums of the same rows in another order must not rank by their last bit.
        self.best.sort(key=lambda found: (-round(found.score, 9), len(found.conditions), found.conditions))
        del self.best[self.k :]

    def _score(self, rows: NDArray[Any], total: NDArray[np.float64]) -> NDArray[np.float64]:
        sizes = rows.astype(np.float64)
        worse = total / sizes / self.mean - 1
        return self.alpha * worse - (1 - self.alpha) * (self.n / sizes - 1)

    def candidates(self, level: Sequence[_Node]) -> list[Key]:
        """Conjunctions one condition longer, all of whose parts were counted and whose bound can win; best first."""
        known = {node.key: node for node in level}
        by_start: dict[Key, list[Condition]] = {}
        for node in level:
            by_start.setdefault(node.key[:-1], []).append(node.key[-1])
        keys, rows, totals, largest = [], [], [], []
        for start, ends in by_start.items():
            for first, second in combinations(sorted(ends), 2):
                if first[0] == second[0]:
                    continue  # two bins of one column have no row in common
                key = (*start, first, second)
                parts = _parts(key, known)
                if parts is not None:
                    keys.append(key)
                    rows.append(min(part.rows for part in parts))
                    totals.append(min(part.total for part in parts))
                    largest.append(min(part.largest for part in parts))
        if not keys:
            return []
        bounds = self._bounds(np.array(rows), np.array(totals), np.array(largest))
        order = np.argsort(-bounds, kind="stable")
        return [keys[i] for i in order if bounds[i] > self.to_beat]

    def _bounds(
        self, rows: NDArray[np.integer], totals: NDArray[np.float64], largest: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The highest score that so many rows, so much error and so large a single error allow.

        As a function of the size the bound is monotone between `least`, totals / largest and `rows`.
        """
        sizes = (
            np.full(len(rows), self.least, dtype=np.float64),
            np.clip(np.floor(totals / largest), self.least, rows),
            np.clip(np.ceil(totals / largest), self.least, rows),
            rows.astype(np.float64),
        )
        return np.max([self._score(s, np.minimum(totals, s * largest)) for s in sizes], axis=0)


def _parts(key: Key, known: Mapping[Key, _Node]) -> list[_Node] | None:
    """The counted slices one condition shorter; None where one was too small or had no error."""
    parts = []
    for left_out in range(len(key)):
        part = known.get(key[:left_out] + key[left_out + 1 :])
        if part is None:
            return None
        parts.append(part)
    return parts
