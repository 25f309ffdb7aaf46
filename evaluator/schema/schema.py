"""The schema of a competition's table: JSON in and out, and tables conformed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.errors import TableError
from evaluator.schema.columns import Column, Label
from evaluator.schema.conform import conform_feature, encode_floats, encode_label
from evaluator.text import did_you_mean


@dataclass(frozen=True)
class Schema:
    """A table's schema: its columns in order, its label, and the unit column. Immutable; travels as JSON."""

    columns: tuple[Column, ...]
    label: Label
    unit: str | None = None  # the column that names what is independent (a person); never a feature

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schema:
        """The schema that `to_json` wrote. Raises KeyError or TypeError for anything else."""
        columns = tuple(
            Column(**{**c, "values": tuple(c["values"]), "not_applicable": tuple(c["not_applicable"])})
            for c in data["columns"]
        )
        label = Label(**{**data["label"], "classes": tuple(data["label"]["classes"])})
        return cls(columns, label, data.get("unit"))

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return asdict(self)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that groups and patches see, in order."""
        return tuple(c for c in self.columns if not c.excluded)

    def column(self, name: str) -> Column:
        """The feature of that name. Raises KeyError where there is none."""
        for column in self.columns:
            if column.name == name and not column.excluded:
                return column
        raise KeyError(name)

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """X of a table: the features in schema order, with dtypes that never depend on the rows.

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
            columns[column.name] = conform_feature(frame[column.name], column)
        return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))

    def encode_label(self, values: pd.Series) -> NDArray[Any]:
        """Labels as class codes int16[n] (code i is label.classes[i]), or as float64[n] for a regression.

        TableError names the first row (from 1) that is missing, infinite or of an unknown class.
        """
        return encode_label(values, self.label)

    def matrix(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """The float matrix float64[n, features] of a conformed table: string categories as their index, text and
        missing as NaN.
        """
        return np.column_stack(
            [encode_floats(X[c.name], c) for c in self.features] or [np.empty((len(X), 0))]
        )
