"""Column and label descriptions of a table: names, kinds, values in frozen order, codes in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ColumnKind = Literal["number", "category", "text"]
Task = Literal["binary", "multiclass", "regression"]
Value = str | int | float | bool


@dataclass(frozen=True)
class Column:
    """One feature column. `values` are a category's values in frozen order; `codes` says in words what a value
    means.
    """

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
        """Whether it is a category of True and False alone."""
        return self.kind == "category" and bool(self.values) and all(isinstance(v, bool) for v in self.values)

    def in_words(self, value: Value) -> str:
        """The meaning of a value: its code in words, or the value itself."""
        return self.codes.get(str(value), str(value))


@dataclass(frozen=True)
class Label:
    """The label column. Classes in code order (code i means classes[i]); low and high bound a regression."""

    name: str
    task: Task
    classes: tuple[Value, ...] = ()
    meaning: str = ""
    codes: Mapping[str, str] = field(default_factory=dict, hash=False)
    low: float = 0.0
    high: float = 1.0
