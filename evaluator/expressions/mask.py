"""Masks of conditions: computed for a whole table at once, in three-valued logic, shared parts only once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.bitsets import Words, pack_mask, unpack_mask
from evaluator.expressions import nodes

COMPARISONS: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


# What the masks of one table may keep for the conditions to come.
MOST_BYTES = 256 * 1024 * 1024
# In longer lists values are looked for all at once.
FEW_VALUES = 32


@dataclass(frozen=True)
class Known:
    """Two packed masks of a condition: known to be true, and known to be false."""

    true: Words
    false: Words


class Masks:
    """A cache of masks of conditions on the rows of one conformed table, which must not change meanwhile.

    A condition that is met again, alone or inside another, is not computed again: `share_conditions` makes equal
    conditions of many expressions one object, which is how they are recognised. Not safe among threads.
    """

    def __init__(self, X: pd.DataFrame) -> None:
        self._X, self._every = X, np.ones(len(X), dtype=bool)
        self._known: dict[
            int, tuple[nodes.Condition, Known]
        ] = {}  # holds the condition, so that its id stays its own
        self._numbers: dict[tuple[str, bool], tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
        self._rows_with: dict[tuple[str, float], Words] = {}
        self._bytes = 0

    def mask(self, condition: nodes.Condition) -> NDArray[np.bool_]:
        """The mask bool[n] of a condition: the rows that are known to be in the group."""
        return unpack_mask(self.words(condition), len(self._X))

    def words(self, condition: nodes.Condition) -> Words:
        """The mask of a condition, packed; not to be written to."""
        return self._of(condition).true

    def _of(self, condition: nodes.Condition) -> Known:
        kept = self._known.get(id(condition))
        if kept is not None:
            return kept[1]
        known = self._compute(condition)
        self._keep_bytes(known.true.nbytes + known.false.nbytes)
        self._known[id(condition)] = (condition, known)
        return known

    def _keep_bytes(self, more: int) -> None:
        """Make room: start anew where too much is kept."""
        self._bytes += more
        if self._bytes > MOST_BYTES:
            self._known.clear()
            self._rows_with.clear()
            self._bytes = more

    def _compute(self, condition: nodes.Condition) -> Known:
        X, every = self._X, self._every
        match condition:
            case nodes.Always(value):
                return _decided(np.full(len(X), value), every)
            case nodes.Not(inner):
                known = self._of(inner)
                return Known(known.false, known.true)
            case nodes.And(inner):
                parts = [self._of(part) for part in inner]
                return Known(_all([p.true for p in parts]), _any([p.false for p in parts]))
            case nodes.Or(inner):
                parts = [self._of(part) for part in inner]
                return Known(_any([p.true for p in parts]), _all([p.false for p in parts]))
            case nodes.Missing(column):
                return _decided(X[column.name].isna().to_numpy(), every)
            case nodes.Compare("==", nodes.ColumnAmount() as amount, nodes.Number(value)):
                return self._one_of(amount.column.name, self._amount(amount, ordered=False), [value])
            case nodes.Compare(sign, left, right):
                return self._compare(sign, left, right)
            case nodes.Within(nodes.ColumnAmount() as amount, values) if len(values) <= FEW_VALUES:
                return self._one_of(amount.column.name, self._amount(amount, ordered=False), values)
            case nodes.Within(amount, values):
                numbers, finite = self._amount(amount, ordered=False)
                return _decided(np.isin(numbers, values) & every, finite & every)
            case nodes.Among(column, words):
                return self._among(column.name, words)
            case nodes.Contains(column, words):
                texts = X[column.name]
                held = texts.str.lower().str.contains(words.lower(), regex=False)
                return _decided(held.fillna(False).to_numpy(dtype=bool), texts.notna().to_numpy())

    def _among(self, name: str, words: Sequence[str]) -> Known:
        values = self._X[name]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            return _decided(values.isin(words).to_numpy(dtype=bool), values.notna().to_numpy())
        codes = values.cat.codes.to_numpy()
        wanted = values.cat.categories.get_indexer(list(words)).tolist()
        return self._one_of(name, (codes, codes >= 0), [code for code in wanted if code >= 0])

    def _one_of(
        self, name: str, column: tuple[NDArray[Any], NDArray[np.bool_]], values: Sequence[float]
    ) -> Known:
        """Rows of a column with one of a few values: the rows of each value are looked for once a table."""
        numbers, known = column
        found = []
        for value in values:
            rows = self._rows_with.get((name, value))
            if rows is None:
                rows = pack_mask((numbers == value) & known)
                self._keep_bytes(rows.nbytes)
                self._rows_with[name, value] = rows
            found.append(rows)
        packed = pack_mask(known)
        true = _any(found) if found else np.zeros_like(packed)
        return Known(true, packed & ~true)

    def _compare(self, sign: str, left: nodes.Amount, right: nodes.Amount) -> Known:
        ordered = sign not in ("==", "!=")
        (one, one_known), (other, other_known) = self._amount(left, ordered), self._amount(right, ordered)
        # Two plain numbers are compared once, for all rows.
        return _decided(COMPARISONS[sign](one, other) & self._every, one_known & other_known & self._every)

    def _amount(self, amount: nodes.Amount, ordered: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """float64[n], or one number for all rows, and where it is known.

        `ordered`: a value that is not applicable has no size.
        """
        match amount:
            case nodes.Number(value):
                return np.float64(value), np.bool_(np.isfinite(value))  # type: ignore[return-value]
            case nodes.ColumnAmount(column):
                key = (column.name, ordered and bool(column.not_applicable))
                if key not in self._numbers:
                    numbers = self._X[column.name].to_numpy(dtype=np.float64)
                    if key[1]:
                        without = [float(value) for value in column.not_applicable]
                        numbers = np.where(np.isin(numbers, without), np.nan, numbers)
                    self._numbers[key] = (numbers, np.isfinite(numbers))
                return self._numbers[key]
            case nodes.Negative(inner):
                numbers, known = self._amount(inner, ordered=True)
                return -numbers, known
            case nodes.Arithmetic(sign, left, right):
                # Division by zero and overflow are unknown, like a missing value.
                with np.errstate(all="ignore"):
                    result = ARITHMETIC[sign](self._amount(left, True)[0], self._amount(right, True)[0])
                    result = np.where(np.isfinite(result), result, np.nan)
                return result, np.isfinite(result)


def evaluate_condition(condition: nodes.Condition, X: pd.DataFrame) -> NDArray[np.bool_]:
    """The mask bool[n] of a condition on a conformed table: the rows on which it is known to be true."""
    return Masks(X).mask(condition)


def share_conditions(condition: nodes.Condition, pool: dict[Hashable, nodes.Condition]) -> nodes.Condition:
    """The same condition, built from the pool's objects wherever an equal one was met before."""
    if isinstance(condition, nodes.And | nodes.Or):
        condition = type(condition)(tuple(share_conditions(part, pool) for part in condition.conditions))
    elif isinstance(condition, nodes.Not):
        condition = nodes.Not(share_conditions(condition.condition, pool))
    return pool.setdefault(condition, condition)


def _decided(true: NDArray[np.bool_], known: NDArray[np.bool_]) -> Known:
    return Known(pack_mask(true & known), pack_mask(~true & known))


def _all(masks: list[Words]) -> Words:
    return reduce(np.bitwise_and, masks)


def _any(masks: list[Words]) -> Words:
    return reduce(np.bitwise_or, masks)
