"""The syntax tree of an expression: conditions (three-valued) and amounts (numbers with NaN for unknown)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.schema import Column


@dataclass(frozen=True)
class Number:
    """A number as an amount."""

    value: float


@dataclass(frozen=True)
class ColumnAmount:
    """A numeric column as an amount: a number, or a category of numbers or booleans."""

    column: Column


@dataclass(frozen=True)
class Arithmetic:
    """An arithmetic operation on two amounts."""

    operator: str  # + - * /
    left: Amount
    right: Amount


@dataclass(frozen=True)
class Negative:
    """An amount with its sign changed."""

    amount: Amount


Amount = Number | ColumnAmount | Arithmetic | Negative


@dataclass(frozen=True)
class Always:
    """The condition True or False, of every row."""

    value: bool


@dataclass(frozen=True)
class Compare:
    """A comparison of two amounts: == != < <= > >=."""

    operator: str
    left: Amount
    right: Amount


@dataclass(frozen=True)
class Within:
    """Membership of a numeric amount in a list of numbers."""

    amount: Amount
    values: tuple[float, ...]


@dataclass(frozen=True)
class Among:
    """Membership of a category or text column in a list of strings; == is the case of one string."""

    column: Column
    values: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """The condition that a column's value is missing."""

    column: Column


@dataclass(frozen=True)
class Contains:
    """The condition that a text column holds the words, in either case."""

    column: Column
    words: str


@dataclass(frozen=True)
class Not:
    """The negation of a condition."""

    condition: Condition


@dataclass(frozen=True)
class And:
    """The conjunction of conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """The disjunction of conditions."""

    conditions: tuple[Condition, ...]


Condition = Always | Compare | Within | Among | Missing | Contains | Not | And | Or
