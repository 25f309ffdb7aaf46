"""What an expression is made of: conditions (three-valued) and amounts (numbers with NaN for unknown)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.schema import Column


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class ColumnAmount:
    """A numeric column: a number, or a category of numbers or booleans."""

    column: Column


@dataclass(frozen=True)
class Arithmetic:
    operator: str  # + - * /
    left: Amount
    right: Amount


@dataclass(frozen=True)
class Negative:
    amount: Amount


Amount = Number | ColumnAmount | Arithmetic | Negative


@dataclass(frozen=True)
class Always:
    value: bool


@dataclass(frozen=True)
class Compare:
    """Two amounts: == != < <= > >=."""

    operator: str
    left: Amount
    right: Amount


@dataclass(frozen=True)
class Within:
    """A numeric amount among numbers."""

    amount: Amount
    values: tuple[float, ...]


@dataclass(frozen=True)
class Among:
    """A category or text column among strings; == is the case of one string."""

    column: Column
    values: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    column: Column


@dataclass(frozen=True)
class Contains:
    column: Column
    words: str


@dataclass(frozen=True)
class Not:
    condition: Condition


@dataclass(frozen=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    conditions: tuple[Condition, ...]


Condition = Always | Compare | Within | Among | Missing | Contains | Not | And | Or
