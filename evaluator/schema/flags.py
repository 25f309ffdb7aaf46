"""Warnings about a schema, for the organiser before opening: ids, units, and columns that leak the label."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.schema.infer import holds_unusable, is_integral
from evaluator.schema.schema import Schema

ID_NAME = re.compile(
    r"(^|_|\b)(id|uuid|guid|key|index|person|subject|patient|user|speaker|household|client)(\b|_|$)", re.I
)
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([T ]\d{1,2}:\d{2}.*)?", re.ASCII
)
WITH_COMMAS = re.compile(r"[-+]?\d[\d.\s]*(,\d+)+(\.\d+)?", re.ASCII)
# So many of a column's values are written in such a way.
MOSTLY = 0.9
# The label is as good as written in a column that alone answers it with at most a twentieth of the baseline's error.
LEAK = 0.05
BINS = 50
MOST_ROWS = 50_000


def schema_flags(frame: pd.DataFrame, schema: Schema) -> list[str]:
    """One sentence for each suspicious column; empty where nothing stands out."""
    sample = frame if len(frame) <= MOST_ROWS else frame.sample(MOST_ROWS, random_state=0)
    flags = []
    for column in schema.columns:
        values = frame[column.name]
        if column.excluded:
            flags += _excluded(column.name, values)
            continue
        found = _written_otherwise(column.name, values) or _identity(column.name, values, frame, schema)
        if not found and _leak(sample[column.name], sample[schema.label.name], schema):
            found = (
                f"`{column.name}` alone nearly answers `{schema.label.name}`: "
                "exclude it if it is known only afterwards."
            )
        if found:
            flags.append(found)
    return flags


def _excluded(name: str, values: pd.Series) -> list[str]:
    if values.isna().all():
        return [f"`{name}` is empty and was excluded."]
    unusable = holds_unusable(values)
    return [f"`{name}` holds {unusable}, which no group can compare, and was excluded."] if unusable else []


def _written_otherwise(name: str, values: pd.Series) -> str:
    """Of words that mean something else: dates, and numbers with commas."""
    words = values.dropna()
    if pd.api.types.is_numeric_dtype(values) or not len(words):
        return ""
    words = words.astype(str).str.strip()
    if words.str.fullmatch(DATE).mean() >= MOSTLY:
        return (
            f"`{name}` holds dates, which are read as words. Give a number instead, such as the year or the days since "
            "some day, or exclude it."
        )
    if words.str.fullmatch(WITH_COMMAS).mean() >= MOSTLY:
        return (
            f"`{name}` holds numbers with commas, which are read as words. Write 1234.5 for “1,234.5” or “1234,5”, or "
            "exclude it."
        )
    return ""


def _identity(name: str, values: pd.Series, frame: pd.DataFrame, schema: Schema) -> str:
    count, present = values.nunique(), int(values.notna().sum())
    if count <= 1:
        return f"`{name}` holds the same value in every row."
    is_key = not pd.api.types.is_float_dtype(values) or is_integral(values)
    if not is_key or count < 20:
        return ""
    named = bool(ID_NAME.search(name))
    if count == present and (named or not pd.api.types.is_numeric_dtype(values) or _is_counter(values)):
        looks_like_text = values.dtype != "int64" and values.astype(str).str.contains(r"\s").mean() > 0.5
        return (
            "" if looks_like_text else f"`{name}` looks like an id: every row has its own value. Exclude it."
        )
    repeats = 1.2 <= present / count <= 200
    if schema.unit is None and repeats and (named or _names_people(name, values, frame)):
        return (
            f"`{name}` looks like a unit: its values repeat as a person's id would. "
            "Name it as the unit, or one person's rows end up on both sides of the splits."
        )
    return ""


def _is_counter(values: pd.Series) -> bool:
    numbers = np.sort(values.dropna().to_numpy(dtype=np.float64))
    return len(numbers) > 20 and bool(np.median(np.diff(numbers)) <= 2)


def _names_people(name: str, values: pd.Series, frame: pd.DataFrame) -> bool:
    """Whether several other columns never change within a value, as sex and year of birth do within a person."""
    codes, _ = pd.factorize(values)
    order = np.argsort(codes, kind="stable")
    same = codes[order][1:] == codes[order][:-1]
    if same.sum() < 20:
        return False
    constant = 0
    for other in frame.columns:
        if other == name or holds_unusable(frame[other]):
            continue
        others = pd.factorize(frame[other])[0]
        by_chance = float(np.sum((np.bincount(others[others >= 0]) / max(len(others), 1)) ** 2))
        stays = float(np.mean(others[order][1:][same] == others[order][:-1][same]))
        constant += by_chance < 0.95 and stays > by_chance + 0.9 * (1 - by_chance)
    return constant >= 2


def _leak(values: pd.Series, label: pd.Series, schema: Schema) -> bool:
    """Learnt on even rows, tested on odd ones, so that a column of many values cannot look like a leak by chance."""
    known = label.notna().to_numpy()
    keys = _binned(values)[known]
    if schema.label.task == "regression":
        truth = label[known].to_numpy(dtype=np.float64)
    else:
        truth = pd.factorize(label[known])[0]
    learn, test = np.arange(len(keys)) % 2 == 0, np.arange(len(keys)) % 2 == 1
    if learn.sum() < 20 or test.sum() < 20:
        return False
    learnt = pd.DataFrame({"key": keys[learn], "truth": truth[learn]})
    grouped = learnt.groupby("key")["truth"]
    if schema.label.task == "regression":
        answers = pd.Series(keys[test]).map(grouped.mean()).fillna(truth[learn].mean()).to_numpy()
        error, baseline = np.mean((answers - truth[test]) ** 2), np.var(truth[test])
    else:
        usual = np.bincount(truth[learn]).argmax()
        counts = learnt.value_counts(["key", "truth"]).reset_index().drop_duplicates("key").set_index("key")
        answers = pd.Series(keys[test]).map(counts["truth"]).fillna(usual).to_numpy()
        error, baseline = np.mean(answers != truth[test]), np.mean(truth[test] != usual)
    return bool(baseline > 0 and error <= LEAK * baseline)


def _binned(values: pd.Series) -> NDArray[np.integer[Any]]:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric and values.nunique() > BINS:
        return pd.cut(values.rank(), BINS, labels=False).fillna(-1).to_numpy(dtype=np.int64)
    return pd.factorize(values)[0]
