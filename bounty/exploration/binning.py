"""Binning of a column into a few readable bins, for heat maps and for the slice search."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from evaluator.expressions.words import format_number, quoted_name
from evaluator.schema import Column
from evaluator.schema.infer import is_integral

BINS, MOST_VALUES = 5, 7


@dataclass(frozen=True)
class Bin:
    """One bin: the values themselves, else a range from `low` up to, not including, `high` (None: open)."""

    column: Column
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    missing: bool = False
    others: bool = False

    @property
    def condition(self) -> str:
        """The bin as an expression."""
        name = quoted_name(self.column)
        if self.missing:
            return f"missing({name})"
        if self.values:
            texts = [_literal(self.column, value) for value in self.values]
            return f"{name} == {texts[0]}" if len(texts) == 1 else f"{name} in ({', '.join(texts)})"
        low, high = (None if v is None else format_number(v) for v in (self.low, self.high))
        if low is None:
            return f"{name} < {high}"
        return f"{name} >= {low}" if high is None else f"{low} <= {name} < {high}"

    @property
    def label(self) -> str:
        """The bin in a few words, for the edge of a table."""
        if self.missing:
            return _("missing")
        if self.others:
            return _("others")
        if self.values:
            return self.column.in_words(self.values[0])
        if self.low is None:
            return _("under %(high)s") % {"high": format_number(self.high or 0.0)}
        if self.high is None:
            return _("%(low)s or more") % {"low": format_number(self.low)}
        if self.whole and self.high - self.low == 1:
            return format_number(self.low)
        top = self.high - 1 if self.whole else self.high
        words = _("%(low)s to %(high)s") if self.whole else _("%(low)s to under %(high)s")
        return words % {"low": format_number(self.low), "high": format_number(top)}


@dataclass(frozen=True)
class BinnedColumn:
    """A column's bins, and the bin of each row: `codes` is int8[rows]. Bins that hold no row are left out."""

    column: Column
    bins: tuple[Bin, ...]
    codes: NDArray[np.int8]

    @property
    def title(self) -> str:
        """The column's name in words, with its unit."""
        words = self.column.meaning or self.column.name
        return f"{words} ({self.column.measure})" if self.column.measure else words


def bin_column(column: Column, values: pd.Series) -> BinnedColumn | None:
    """The column of a conformed table in bins; None for text, and where all rows fall into one."""
    if column.kind == "text":
        return None
    if not column.is_numeric:
        known, codes = _names(column, values)
    else:
        numbers = values.to_numpy(dtype=np.float64)
        few = len(column.values) <= MOST_VALUES or bool(column.codes)
        if column.kind == "category" and few:
            known, codes = _codes(column, numbers)
        else:
            known, codes = _ranges(column, numbers)
    known.append(Bin(column, missing=True))
    codes = np.where(codes < 0, len(known) - 1, codes)
    counts = np.bincount(codes, minlength=len(known))
    kept = np.flatnonzero(counts)
    if len(kept) < 2:
        return None
    place = np.zeros(len(known), dtype=np.int8)
    place[kept] = np.arange(len(kept))
    return BinnedColumn(column, tuple(known[i] for i in kept), place[codes])


def _names(column: Column, values: pd.Series) -> tuple[list[Bin], NDArray[np.intp]]:
    codes = values.cat.codes.to_numpy().astype(np.intp)
    return _most_frequent(column, list(column.values), codes)


def _codes(column: Column, numbers: NDArray[np.float64]) -> tuple[list[Bin], NDArray[np.intp]]:
    codes = np.full(len(numbers), -1, dtype=np.intp)
    for i, value in enumerate(column.values):
        codes[numbers == float(value)] = i
    return _most_frequent(column, list(column.values), codes)


def _most_frequent(
    column: Column, values: list[Any], codes: NDArray[np.intp]
) -> tuple[list[Bin], NDArray[np.intp]]:
    """One bin a value, in the schema's order; the rarest share one where there are too many."""
    if len(values) <= MOST_VALUES:
        return [Bin(column, (value,)) for value in values], codes
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    kept = sorted(np.argsort(-counts, kind="stable")[: MOST_VALUES - 1])
    rest = tuple(value for i, value in enumerate(values) if i not in kept)
    place = np.full(len(values) + 1, len(kept), dtype=np.intp)
    place[kept] = np.arange(len(kept))
    place[-1] = -1  # what is missing stays so
    return [*(Bin(column, (values[i],)) for i in kept), Bin(column, rest, others=True)], place[codes]


def _ranges(column: Column, numbers: NDArray[np.float64]) -> tuple[list[Bin], NDArray[np.intp]]:
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return [], np.full(len(numbers), -1, dtype=np.intp)
    whole = is_integral(pd.Series(known))
    quantiles = np.quantile(known, np.arange(1, BINS) / BINS, method="higher")
    edges = [float(f"{edge:.3g}") for edge in quantiles]
    edges = sorted({float(np.ceil(edge)) if whole else edge for edge in edges} - {float(known.min())})
    if not edges:
        edges = [float(known.max())]
    codes = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))
    ends: list[float | None] = [None, *edges, None]
    return [Bin(column, low=low, high=high, whole=whole) for low, high in pairwise(ends)], codes


def _literal(column: Column, value: Any) -> str:
    if column.is_boolean or not column.is_numeric:
        return repr(value)
    return format_number(float(value))
