"""Conforming one column: features to the schema's dtypes, labels to class codes, both with TableError."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.schema.columns import Column, Label
from evaluator.text import did_you_mean, join_words, shorten_value

BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}


def conform_feature(values: pd.Series, column: Column) -> pd.Series:
    """The column as X holds it (Schema.conform). Raises TableError naming the first row that does not fit."""
    if isinstance(values, pd.DataFrame):
        raise TableError(f"Column `{column.name}` is there more than once.", column=column.name)
    if column.kind == "text":
        return _strings(values).astype("str")
    if column.kind == "category" and not column.is_numeric:
        words = _strings(values)
        known_words = pd.Index([str(v) for v in column.values], dtype="str")
        return pd.Series(pd.Categorical(words.where(words.isin(known_words)), categories=known_words))
    numbers = parse_numbers(values, column.name)
    if column.kind == "category":
        known = np.array([float(v) for v in column.values])
        numbers = np.where(np.isin(numbers, known), numbers, np.nan)
    return pd.Series(numbers)


def encode_floats(values: pd.Series, column: Column) -> NDArray[np.float64]:
    """A conformed column as float64[n]: a string category as its index, text and missing as NaN."""
    if column.kind == "text":
        return np.full(len(values), np.nan)
    if column.is_numeric:
        return values.to_numpy(dtype=np.float64)
    codes = values.cat.codes.to_numpy(dtype=np.float64)
    return np.where(codes < 0, np.nan, codes)


def parse_numbers(values: pd.Series, name: str) -> NDArray[np.float64]:
    """A column's numbers, float64[n] with NaN for missing. Raises TableError naming the first row that is no finite
    number.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        raise TableError(f"Column `{name}` holds dates, which must be given as numbers.", column=name)
    if pd.api.types.is_numeric_dtype(values):  # booleans count as numbers
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        numbers = _parsed(values, name)
    infinite = np.flatnonzero(np.isinf(numbers))
    if infinite.size:
        row = int(infinite[0]) + 1
        raise TableError(
            f"Column `{name}` holds an infinite number in row {row}. Leave the cell empty where the value is unknown.",
            column=name,
            row=row,
        )
    return numbers


def encode_label(values: pd.Series, label: Label) -> NDArray[Any]:
    """Class codes int16[n], or numbers float64[n] of a regression (Schema.encode_label)."""
    missing = np.flatnonzero(values.isna().to_numpy())
    if missing.size:
        row = int(missing[0]) + 1
        raise TableError(f"The label `{label.name}` is missing in row {row}.", column=label.name, row=row)
    if label.task == "regression":
        return parse_numbers(values, label.name)
    # bool, int and integral float classes are one key to Python's dict, as they are to a reader.
    codes: dict[object, int] = {value: code for code, value in enumerate(label.classes)}
    by_text = {str(value): code for code, value in enumerate(label.classes)}
    distinct, inverse = _factorized(values)
    found = [codes.get(value, by_text.get(str(value), -1)) for value in distinct]
    result = np.array(found, dtype=np.int16)[inverse]
    unknown = np.flatnonzero(result < 0)
    if unknown.size:
        row = int(unknown[0]) + 1
        known = [str(value) for value in label.classes]
        raise TableError(
            f"The label `{label.name}` is {shorten_value(distinct[inverse[row - 1]])} in row {row}, which is none of "
            f"its classes ({join_words(known, limit=10)}){did_you_mean(str(distinct[inverse[row - 1]]), known)}",
            column=label.name,
            row=row,
        )
    return result


def _factorized(values: pd.Series) -> tuple[list[object], NDArray[np.intp]]:
    inverse, distinct = pd.factorize(values)
    return list(pd.Index(distinct).astype(object)), inverse


def _strings(values: pd.Series) -> pd.Series:
    """Strings as they are, everything else as str() would show it, missing kept."""
    if isinstance(values.dtype, pd.StringDtype):
        return values.reset_index(drop=True)
    objects = values.astype(object).reset_index(drop=True)
    return objects.map(_shown, na_action="ignore")


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # 3.0 is how pandas holds the integer 3 beside a missing cell
    return str(value)


def _parsed(values: pd.Series, name: str) -> NDArray[np.float64]:
    objects = values.astype(object)
    words = objects.map(lambda v: BOOLEAN_WORDS.get(v.strip().lower(), v) if isinstance(v, str) else v)
    numbers = pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(np.isnan(numbers) & ~objects.isna().to_numpy())
    if bad.size:
        row = int(bad[0]) + 1
        raise TableError(
            f"Column `{name}` should hold numbers, but row {row} holds {shorten_value(objects.iloc[row - 1])}.",
            column=name,
            row=row,
        )
    return numbers
