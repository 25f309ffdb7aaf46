"""Schema inference from a table: kinds, categories, the task, and the label's classes or range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from evaluator.errors import TableError
from evaluator.schema.columns import Column, Label, Task, Value
from evaluator.schema.schema import Schema
from evaluator.text import did_you_mean

# Integers of at most so many values are categories.
FEW_INTEGERS = 20
# Strings are a category where they have at most so many values, and where more than FEW_INTEGERS, each is met
# often enough to be learnt from.
FEW_STRINGS = 200
ROWS_A_STRING = 20

Overrides = Mapping[str, Mapping[str, Any]]


def infer_schema(
    frame: pd.DataFrame, label: str, unit: str | None = None, overrides: Overrides | None = None
) -> Schema:
    """The inferred schema of a table. `overrides[column]` replaces fields of Column (of Label, for the label's
    column).

    Booleans, and integers of at most 20 values, become categories with their own values; strings of few values
    too, other strings become text. Lists and dates are excluded: no group could compare them. TableError where
    the label, the unit or an overridden column is not in the table.
    """
    overrides = overrides or {}
    names = [str(name) for name in frame.columns]
    for wanted in (label, *([unit] if unit else []), *overrides):
        if wanted not in names:
            raise TableError(
                f"Column `{wanted}` is not in the table{did_you_mean(wanted, names)}", column=wanted
            )
    columns = tuple(
        _with_values(_overridden(_column(frame[name], name), overrides.get(name, {})), frame[name])
        for name in names
        if name not in (label, unit)
    )
    return Schema(columns, _label(frame[label], label, overrides.get(label, {})), unit)


def freeze_schema(schema: Schema, train: pd.DataFrame) -> Schema:
    """The schema with categories' values and a regression's range taken from the train rows alone.

    A value that only secret rows hold would otherwise be published by the schema itself. Values keep their order.
    """
    columns = tuple(_frozen(column, train[column.name]) for column in schema.columns)
    label = schema.label
    if label.task == "regression":
        low, high = _range(train[label.name])
        label = replace(label, low=low, high=high)
    return Schema(columns, label, schema.unit)


def distinct_values(values: pd.Series) -> list[Value]:
    """Sorted distinct values as plain Python: whole numbers as int, booleans as bool."""
    present = values.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(object)
    unique = [_plain(value) for value in present.unique()]
    return sorted(unique, key=lambda value: (isinstance(value, str), value))


def is_integral(values: pd.Series) -> bool:
    """Whether all numbers are whole: a column of integers with a missing cell is float in pandas."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_integer_dtype(values):
        return True
    if not pd.api.types.is_float_dtype(values):
        return False
    numbers = values.dropna().to_numpy(dtype=np.float64)
    return bool(np.all(np.isfinite(numbers)) and np.all(numbers == np.floor(numbers)))


def _plain(value: Any) -> Value:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def holds_unusable(values: pd.Series) -> str:
    """The kind of a column that no group can compare, "dates", "lists" or "objects"; "" for an ordinary column."""
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        return "dates"
    if values.dtype == object:
        present = values.dropna()
        if len(present) and not isinstance(present.iloc[0], (str, bool, int, float, np.generic)):
            return "lists" if isinstance(present.iloc[0], (list, np.ndarray)) else "objects"
    return ""


def _column(values: pd.Series, name: str) -> Column:
    if holds_unusable(values):
        return Column(name, "text", excluded=True)
    if values.isna().all():
        return Column(name, "number", excluded=True)
    if pd.api.types.is_bool_dtype(values):
        return Column(name, "category", values=(False, True))
    if pd.api.types.is_numeric_dtype(values):
        if is_integral(values) and values.nunique() <= FEW_INTEGERS:
            return Column(name, "category", values=tuple(distinct_values(values)))
        return Column(name, "number")
    count = values.nunique()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Column(name, "category", values=tuple(distinct_values(values)))
    few = count <= FEW_INTEGERS or (count <= FEW_STRINGS and count * ROWS_A_STRING <= len(values))
    if few and count * 2 <= max(len(values), 2):
        return Column(name, "category", values=tuple(distinct_values(values)))
    return Column(name, "text")


def _with_values(column: Column, values: pd.Series) -> Column:
    """An organiser may call any column a category; its values are then the table's."""
    if column.kind == "category" and not column.values and not column.excluded:
        return replace(column, values=tuple(distinct_values(values)))
    return column


def _label(values: pd.Series, name: str, changes: Mapping[str, Any]) -> Label:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    distinct = values.nunique()
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    task: Task = changes.get("task") or (
        "binary"
        if distinct <= 2
        else "regression"
        if numeric and not (is_integral(values) and distinct <= FEW_INTEGERS)
        else "multiclass"
    )
    if task == "regression":
        low, high = _range(values)
        found = Label(name, task, low=low, high=high)
    else:
        found = Label(name, task, classes=tuple(distinct_values(values)))
    return _overridden(found, changes)


def _range(values: pd.Series) -> tuple[float, float]:
    numbers = values.dropna().to_numpy(dtype=np.float64)
    return float(numbers.min()), float(numbers.max())


def _frozen(column: Column, values: pd.Series) -> Column:
    if column.kind != "category" or column.is_boolean or column.excluded:
        return column
    present = {str(value) for value in distinct_values(values)}
    kept = tuple(value for value in column.values if str(value) in present)
    return replace(column, values=kept or column.values)


Described = TypeVar("Described", Column, Label)


def _overridden(described: Described, changes: Mapping[str, Any]) -> Described:
    known = [item.name for item in fields(described) if item.name != "name"]
    for key in changes:
        if key not in known:
            raise TableError(
                f"`{key}` is nothing that can be said about column `{described.name}`{did_you_mean(key, known)}",
                column=described.name,
            )
    lists = {"values", "not_applicable", "classes"}
    changed: dict[str, Any] = {k: tuple(v) if k in lists else v for k, v in changes.items()}
    return replace(described, **changed)
