"""What a competition's table means: columns, kinds, codes, and the label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from evaluator.errors import TableError
from evaluator.schema import conform
from evaluator.text import did_you_mean

ColumnKind = Literal["number", "category", "text"]
Task = Literal["binary", "multiclass", "regression"]
Value = str | int | float | bool


@dataclass(frozen=True)
class Column:
    """One feature. `values` are a category's values in frozen order; `codes` says in words what a value means."""

    name: str
    kind: ColumnKind
    meaning: str = ""
    values: tuple[Value, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict, hash=False)  # str(value) -> words
    not_applicable: tuple[Value, ...] = ()
    describes_people: bool = False
    excluded: bool = False
    measure: str = ""  # "years", "dollars": the unit of a number

    @property
    def is_numeric(self) -> bool:
        """Whether X holds the column as float64: numbers, and categories of numbers or booleans."""
        if self.kind == "category":
            return not any(isinstance(value, str) for value in self.values)
        return self.kind == "number"

    @property
    def is_boolean(self) -> bool:
        return self.kind == "category" and bool(self.values) and all(isinstance(v, bool) for v in self.values)

    def in_words(self, value: Value) -> str:
        """What a value means: its code in words, or the value itself."""
        return self.codes.get(str(value), str(value))


@dataclass(frozen=True)
class Label:
    """The column to predict. Classes in code order (code i means classes[i]); low/high bound a regression."""

    name: str
    task: Task
    classes: tuple[Value, ...] = ()
    meaning: str = ""
    codes: Mapping[str, str] = field(default_factory=dict, hash=False)
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Schema:
    columns: tuple[Column, ...]
    label: Label
    unit: str | None = None  # the column that names what is independent (a person); never a feature

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schema:
        columns = tuple(
            Column(**{**c, "values": tuple(c["values"]), "not_applicable": tuple(c["not_applicable"])})
            for c in data["columns"]
        )
        label = Label(**{**data["label"], "classes": tuple(data["label"]["classes"])})
        return cls(columns, label, data.get("unit"))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def features(self) -> tuple[Column, ...]:
        """Columns that groups and patches see, in order."""
        return tuple(c for c in self.columns if not c.excluded)

    def column(self, name: str) -> Column:
        """The feature of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name and not column.excluded:
                return column
        raise KeyError(name)

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """X as groups and patches get it: the features in schema order, dtypes that never depend on the rows.

        number -> float64; category of numbers or booleans -> float64 with the table's own values (True is 1.0);
        category of strings -> pandas category with the frozen values in order; text -> str. Missing is NaN, and so
        is a category value that the schema does not know. Columns that the schema does not name are dropped.
        TableError names the missing column, or the column and the first row (from 1) that does not fit.
        """
        columns = {}
        for column in self.features:
            if column.name not in frame.columns:
                known = [str(name) for name in frame.columns]
                raise TableError(
                    f"Column `{column.name}` is missing from the table{did_you_mean(column.name, known)}",
                    column=column.name,
                )
            columns[column.name] = conform.feature(frame[column.name], column)
        return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))

    def encode_label(self, values: pd.Series) -> np.ndarray:
        """Class codes int16[n] (code i is label.classes[i]), or float64[n] for a regression.

        TableError names the first row (from 1) that is missing, infinite or of an unknown class.
        """
        return conform.label(values, self.label)

    def matrix(self, X: pd.DataFrame) -> np.ndarray:
        """float64[n, features] of a conformed table: string categories as their index, text and missing as NaN."""
        return np.column_stack(
            [conform.floats(X[c.name], c) for c in self.features] or [np.empty((len(X), 0))]
        )
