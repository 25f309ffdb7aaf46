"""Small tables of fair coins: what a strategy may know of their labels, and the best that it can do with a test.

A strategy's knowledge is the set of label vectors that what was told leaves possible. Values are numbers of label
vectors in which something false was certified, one for each such set, everything possible last.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations, permutations, product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evaluator.adjudication.sign_test import log_binomial_tail

Values = NDArray[np.float64]  # shape (sets,)
Sets = NDArray[np.int64]


class Table(Protocol):
    """A table of fair coins, under one kind of test."""

    name: str
    patches: tuple[int, ...]  # what may be submitted; a correction tests the same patch again
    keeps_labels: bool  # whether a correction may leave the labels: then it matters which patch is tested

    def nothing(self) -> Values:
        """The value of every set where nothing can happen any more."""

    def share(self, values: Values) -> float:
        """The probability that the value of knowing nothing stands for."""

    def split(self, first: Values, second: Values, patch: int | None = None) -> Values:
        """The best value where a patch that is truly better (any patch, by default) divides what is possible: where
        it passes goes on as the first, the rest as the second.
        """

    def err(self, level: float, refused: Values, patch: int | None = None) -> Values:
        """The best value where a patch that is truly no better is tested at the level: certified, or refused."""

    def redraw(self, values: Values) -> Values:
        """The value where all labels are drawn anew before it goes on with these values."""


class SignTestTable:
    """Rows under the exact sign test. A patch changes some of them, each to one label or the other.

    An effect that is true on the population may show on any number of rows of the block: its test divides what is
    possible at any number of wins. `alike`: sets that are one another with rows exchanged or labels swapped are one;
    then patches are not told apart.
    """

    def __init__(self, rows: int, *, alike: bool) -> None:
        self.name = f"{rows} rows, exact sign test"
        self.keeps_labels = not alike
        self._labels = list(product((0, 1), repeat=rows))
        everything = np.arange(1 << len(self._labels), dtype=np.int64)
        smallest = _smallest_alike(everything, self._labels) if alike else everything
        self._sets, places = np.unique(smallest, return_inverse=True)
        self._place = places.astype(np.int64)
        self._counts = np.array([int(each).bit_count() for each in self._sets], dtype=np.float64)
        self._wins = [_win_sets(self._labels, patch) for patch in _patches(rows)]
        self.patches: tuple[int, ...] = (0,) if alike else tuple(range(len(self._wins)))
        self._divisions: dict[bytes, tuple[Sets, Sets]] = {}
        self._passing = cache(self._passing_sets)

    def nothing(self) -> Values:
        return np.zeros(len(self._sets))

    def share(self, values: Values) -> float:
        return float(values[-1]) / len(self._labels)

    def split(self, first: Values, second: Values, patch: int | None = None) -> Values:
        events = self._wins[patch] if patch is not None and self.keeps_labels else self._any_wins()
        inside, outside = self._divided(events)
        return np.asarray((first[inside] + second[outside]).max(axis=0), dtype=np.float64)

    def err(self, level: float, refused: Values, patch: int | None = None) -> Values:
        events = self._passing(round(level, 9), patch if self.keeps_labels else None)
        if not events:
            return refused
        inside, outside = self._divided(events)
        return np.asarray((self._counts[inside] + refused[outside]).max(axis=0), dtype=np.float64)

    def redraw(self, values: Values) -> Values:
        return self._counts * self.share(values)

    def _any_wins(self) -> list[int]:
        return sorted({each for sets in self._wins for each in sets})

    def _passing_sets(self, level: float, patch: int | None) -> list[int]:
        """The label vectors that pass, one set for each patch (or this one) that can."""
        found = set()
        for sets in self._wins if patch is None else [self._wins[patch]]:
            passing = [
                each for wins, each in enumerate(sets, 1) if log_binomial_tail(len(sets), wins) <= -level
            ]
            found |= set(passing[:1])
        return sorted(found)

    def _divided(self, events: list[int]) -> tuple[Sets, Sets]:
        """The places of what is possible with and without each event, int64[events, sets]."""
        key = np.array(events, dtype=np.int64).tobytes()
        if key not in self._divisions:
            sets, given = self._sets[None, :], np.array(events, dtype=np.int64)[:, None]
            self._divisions[key] = self._place[sets & given], self._place[sets & ~given]
        return self._divisions[key]


class AnyTestTable:
    """Equally likely tables under any test that is right at its level: its events may be chosen at will."""

    keeps_labels = False

    def __init__(self, tables: int) -> None:
        self.patches: tuple[int, ...] = (0,)
        self._tables, self.name = tables, f"{tables} equally likely tables, any valid test"

    def nothing(self) -> Values:
        return np.zeros(self._tables + 1)

    def share(self, values: Values) -> float:
        return float(values[-1]) / self._tables

    def split(self, first: Values, second: Values, patch: int | None = None) -> Values:
        del patch
        return np.array([(first[: n + 1] + second[n::-1]).max() for n in range(self._tables + 1)])

    def err(self, level: float, refused: Values, patch: int | None = None) -> Values:
        del patch
        found = refused.copy()
        for event in range(1, math.floor(math.exp(-level) * self._tables + 1e-9) + 1):
            found[event:] = np.maximum(found[event:], event + refused[: len(refused) - event])
        return found

    def redraw(self, values: Values) -> Values:
        return np.arange(self._tables + 1, dtype=np.float64) * self.share(values)


def _patches(rows: int) -> list[list[tuple[int, int]]]:
    """Every patch, as the rows that it changes and the label that each then has."""
    return [
        list(zip(places, labels, strict=True))
        for changed in range(1, rows + 1)
        for places in combinations(range(rows), changed)
        for labels in product((0, 1), repeat=changed)
    ]


def _win_sets(labels: list[tuple[int, ...]], patch: list[tuple[int, int]]) -> list[int]:
    """The sets of label vectors in which a patch has at least 1, 2, ... wins."""
    sets = [0] * len(patch)
    for place, vector in enumerate(labels):
        for needed in range(sum(vector[row] == label for row, label in patch)):
            sets[needed] |= 1 << place
    return sets


def _smallest_alike(sets: Sets, labels: list[tuple[int, ...]]) -> Sets:
    """Of each set, the smallest that it is with rows exchanged and labels swapped."""
    places = {vector: place for place, vector in enumerate(labels)}
    found = sets.copy()
    for order in permutations(range(len(labels[0]))):
        for swapped in labels:
            moved = np.zeros_like(sets)
            for old, vector in enumerate(labels):
                new = places[tuple(vector[row] ^ swapped[row] for row in order)]
                moved |= ((sets >> old) & 1) << new
            np.minimum(found, moved, out=found)
    return found
