"""Specifications of a part's input table and of its expected output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

OutputKind = Literal["mask", "codes", "probabilities", "values", "expression"]
Function = Literal["group", "predict", "find_group"]


class PartError(Exception):
    """A part's own fault. `error_class` is one of the platform's error classes; the message is for its author."""

    def __init__(self, error_class: str, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message


class _Column(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def values(self) -> tuple[Any, ...]: ...


class _Schema(Protocol):
    @property
    def features(self) -> Sequence[_Column]: ...


@dataclass(frozen=True)
class ColumnSpec:
    """A feature for parts: `category` only where the values are strings, in frozen order."""

    name: str
    kind: Literal["number", "category", "text"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """The columns of X, in order."""

    columns: tuple[ColumnSpec, ...]

    @classmethod
    def from_schema(cls, schema: _Schema) -> TableSpec:
        """The spec of a schema: a category whose values are numbers or booleans is a float64 column of the table's
        own values.
        """
        return cls(tuple(_column_spec(column) for column in schema.features))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableSpec:
        """The spec that `to_json` wrote."""
        return cls(tuple(ColumnSpec(c["name"], c["kind"], tuple(c["values"])) for c in data["columns"]))

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return asdict(self)

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    @property
    def has_text(self) -> bool:
        """Whether any column is text."""
        return any(column.kind == "text" for column in self.columns)


def _column_spec(column: _Column) -> ColumnSpec:
    if column.kind == "text":
        return ColumnSpec(column.name, "text")
    if column.kind == "category" and any(isinstance(value, str) for value in column.values):
        return ColumnSpec(column.name, "category", tuple(str(value) for value in column.values))
    return ColumnSpec(column.name, "number")


@dataclass(frozen=True)
class OutputSpec:
    """The expected answer. `classes` are the label's values in code order (codes, probabilities)."""

    kind: OutputKind
    classes: tuple[Any, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OutputSpec:
        """The spec that `to_json` wrote."""
        return cls(data["kind"], tuple(data["classes"]))

    def to_json(self) -> dict[str, Any]:
        """The JSON that `from_json` reads."""
        return {"kind": self.kind, "classes": list(self.classes)}
