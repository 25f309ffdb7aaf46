"""Conditions computed for a whole table at once, in three-valued logic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluator.expressions import nodes

COMPARISONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True)
class Known:
    """Two masks bool[n]: rows where a condition is known to be true, and known to be false. The rest is unknown."""

    true: np.ndarray
    false: np.ndarray


def evaluate(condition: nodes.Condition, X: pd.DataFrame) -> Known:
    """The condition on the rows of a conformed table."""
    match condition:
        case nodes.Always(value):
            return _decided(np.full(len(X), value), np.ones(len(X), dtype=bool))
        case nodes.Not(of):
            known = evaluate(of, X)
            return Known(known.false, known.true)
        case nodes.And(of):
            parts = [evaluate(part, X) for part in of]
            return Known(_all([p.true for p in parts]), _any([p.false for p in parts]))
        case nodes.Or(of):
            parts = [evaluate(part, X) for part in of]
            return Known(_any([p.true for p in parts]), _all([p.false for p in parts]))
        case nodes.Missing(column):
            return _decided(X[column.name].isna().to_numpy(), np.ones(len(X), dtype=bool))
        case nodes.Compare():
            return _compare(condition, X)
        case nodes.Within(amount, values):
            numbers = _amount(amount, X, ordered=False)
            return _decided(np.isin(numbers, values), np.isfinite(numbers))
        case nodes.Among(column, words):
            return _among(X[column.name], words)
        case nodes.Contains(column, words):
            texts = X[column.name]
            held = texts.str.lower().str.contains(words.lower(), regex=False)
            return _decided(held.fillna(False).to_numpy(dtype=bool), texts.notna().to_numpy())


def _compare(condition: nodes.Compare, X: pd.DataFrame) -> Known:
    ordered = condition.operator not in ("==", "!=")
    left, right = _amount(condition.left, X, ordered), _amount(condition.right, X, ordered)
    return _decided(COMPARISONS[condition.operator](left, right), np.isfinite(left) & np.isfinite(right))


def _amount(amount: nodes.Amount, X: pd.DataFrame, ordered: bool) -> np.ndarray:
    """float64[n]; NaN or infinite where unknown. `ordered`: a value that is not applicable has no size."""
    match amount:
        case nodes.Number(value):
            return np.full(len(X), value)
        case nodes.ColumnAmount(column):
            numbers = X[column.name].to_numpy(dtype=np.float64)
            if ordered and column.not_applicable:
                without = [float(value) for value in column.not_applicable]
                return np.where(np.isin(numbers, without), np.nan, numbers)
            return numbers
        case nodes.Negative(of):
            return -_amount(of, X, ordered=True)
        case nodes.Arithmetic(sign, left, right):
            # Division by zero and overflow are unknown, like a missing value.
            with np.errstate(all="ignore"):
                result = ARITHMETIC[sign](_amount(left, X, ordered=True), _amount(right, X, ordered=True))
            return np.where(np.isfinite(result), result, np.nan)


def _among(values: pd.Series, words: tuple[str, ...]) -> Known:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy()
        wanted = values.cat.categories.get_indexer(list(words))
        return _decided(np.isin(codes, wanted[wanted >= 0]), codes >= 0)
    return _decided(values.isin(words).to_numpy(dtype=bool), values.notna().to_numpy())


def _decided(true: np.ndarray, known: np.ndarray) -> Known:
    return Known(true & known, ~true & known)


def _all(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce(masks)


def _any(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(masks)
