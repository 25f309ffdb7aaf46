"""What a competition's table means: columns, kinds, codes, and the label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

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
    codes: Mapping[str, str] = field(default_factory=dict)  # str(value) -> words
    not_applicable: tuple[Value, ...] = ()
    describes_people: bool = False
    excluded: bool = False
    measure: str = ""  # "years", "dollars": the unit of a number


@dataclass(frozen=True)
class Label:
    """The column to predict. Classes in code order (code i means classes[i]); low/high bound a regression."""

    name: str
    task: Task
    classes: tuple[Value, ...] = ()
    meaning: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
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
