"""Texts of conditions: the canonical spelling, and English."""

from __future__ import annotations

import keyword

from evaluator.expressions import nodes
from evaluator.schema import Column
from evaluator.text import join_words

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
BOUNDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
IN_ENGLISH = {"==": "is", "!=": "is not", **{sign: f"is {bound}" for sign, bound in BOUNDS.items()}}
EVERYONE, NO_ONE = "everyone", "no one"
MOST_VALUES_SHOWN = 8


def column_names(part: nodes.Condition | nodes.Amount) -> tuple[str, ...]:
    """Names of the columns in order of appearance, each once."""
    match part:
        case (
            nodes.ColumnAmount(column) | nodes.Among(column) | nodes.Missing(column) | nodes.Contains(column)
        ):
            found: tuple[str, ...] = (column.name,)
        case nodes.And(inner) | nodes.Or(inner):
            found = tuple(name for item in inner for name in column_names(item))
        case nodes.Not(item) | nodes.Negative(item) | nodes.Within(item):
            found = column_names(item)
        case nodes.Compare(_, left, right) | nodes.Arithmetic(_, left, right):
            found = column_names(left) + column_names(right)
        case _:
            found = ()
    return tuple(dict.fromkeys(found))


def canonical_text(part: nodes.Condition | nodes.Amount) -> str:
    """The canonical spelling, which parses to the same condition."""
    match part:
        case nodes.Always(value):
            return str(value)
        case nodes.Number(value):
            return format_number(value)
        case nodes.ColumnAmount(column):
            return quoted_name(column)
        case nodes.Negative(inner):
            return f"-({canonical_text(inner)})"
        case nodes.Arithmetic(sign, left, right):
            return f"({canonical_text(left)} {sign} {canonical_text(right)})"
        case nodes.Compare(sign, left, right):
            return f"{canonical_text(left)} {sign} {_value(left, right)}"
        case nodes.Within(amount, values):
            return f"{canonical_text(amount)} in {_tuple([_value(amount, nodes.Number(v)) for v in values])}"
        case nodes.Among(column, words):
            if len(words) == 1:
                return f"{quoted_name(column)} == {words[0]!r}"
            return f"{quoted_name(column)} in {_tuple([repr(word) for word in words])}"
        case nodes.Missing(column):
            return f"missing({quoted_name(column)})"
        case nodes.Contains(column, words):
            return f"contains({quoted_name(column)}, {words!r})"
        case nodes.Not(nodes.Among(column, (word,))):
            return f"{quoted_name(column)} != {word!r}"
        case nodes.Not(nodes.Among() | nodes.Within() as inner):
            return canonical_text(inner).replace(" in (", " not in (", 1)
        case nodes.Not(nodes.Missing() | nodes.Contains() as inner):
            return f"not {canonical_text(inner)}"
        case nodes.Not(inner):
            return f"not ({canonical_text(inner)})"
        case nodes.And(inner):
            return " and ".join(_bracketed(item, (nodes.Or, nodes.And)) for item in inner)
        case nodes.Or(inner):
            return " or ".join(_bracketed(item, (nodes.Or, nodes.And)) for item in inner)


def quoted_name(column: Column) -> str:
    """The column's name in an expression's spelling, with backticks where it is no plain word."""
    plain = column.name.isidentifier() and column.name.isascii() and not keyword.iskeyword(column.name)
    return column.name if plain and column.name not in ("missing", "contains") else f"`{column.name}`"


def format_number(value: float) -> str:
    """The shortest text that reads as the same number."""
    return str(int(value)) if value.is_integer() else repr(value)


def english_text(condition: nodes.Condition) -> str:
    """The condition in English, with the schema's meanings, codes and units of measure."""
    match condition:
        case nodes.Always(value):
            return EVERYONE if value else NO_ONE
        case nodes.And(inner):
            return join_words([_phrase(item, nodes.Or) for item in _with_ranges(inner)])
        case nodes.Or(inner):
            return join_words([_phrase(item, nodes.And) for item in inner], last="or")
        case nodes.Compare(sign, left, right):
            return _comparison(sign, left, right)
        case nodes.Within(amount, values):
            return f"{_amount(amount)} is {_one_of([_meaning(amount, v) for v in values])}"
        case nodes.Among(column, words):
            return f"{_called(column)} is {_one_of([column.in_words(word) for word in words])}"
        case nodes.Missing(column):
            return f"{_called(column)} is missing"
        case nodes.Contains(column, words):
            return f"{_called(column)} contains “{words}”"
        case nodes.Not(inner):
            return _negated(inner)


def _negated(condition: nodes.Condition) -> str:
    """Under three-valued logic `not (AGE >= 50)` is AGE < 50: unknown stays unknown on both sides."""
    match condition:
        case nodes.Not(inner):
            return english_text(inner)
        case nodes.Compare(sign, left, right):
            return _comparison(OPPOSITE[sign], left, right)
        case nodes.Within(amount, values):
            return f"{_amount(amount)} is {_none_of([_meaning(amount, v) for v in values])}"
        case nodes.Among(column, words):
            return f"{_called(column)} is {_none_of([column.in_words(word) for word in words])}"
        case nodes.Missing(column):
            return f"{_called(column)} is known"
        case nodes.Contains(column, words):
            return f"{_called(column)} does not contain “{words}”"
        case nodes.Always(value):
            return english_text(nodes.Always(not value))
        case _:
            return f"not ({english_text(condition)})"


def _phrase(condition: nodes.Condition | str, ambiguous: type) -> str:
    if isinstance(condition, str):
        return condition
    text = english_text(condition)
    one_phrase = isinstance(condition, nodes.And) and len(_with_ranges(condition.conditions)) == 1
    return f"({text})" if isinstance(condition, ambiguous) and not one_phrase else text


def _with_ranges(conditions: tuple[nodes.Condition, ...]) -> list[nodes.Condition | str]:
    """18 <= AGE and AGE <= 30, neighbours in a chain, read as one range."""
    result: list[nodes.Condition | str] = []
    for item in conditions:
        previous = result[-1] if result else None
        both = _range(previous, item) if isinstance(previous, nodes.Compare) else ""
        if both:
            result[-1] = both
        else:
            result.append(item)
    return result


def _range(first: nodes.Condition, second: nodes.Condition) -> str:
    if not isinstance(first, nodes.Compare) or not isinstance(second, nodes.Compare):
        return ""
    bounds = {}
    for item in (first, second):
        sign, left, right = item.operator, item.left, item.right
        if isinstance(left, nodes.Number):
            sign, left, right = MIRRORED[sign], right, left
        if not isinstance(left, nodes.ColumnAmount) or not isinstance(right, nodes.Number):
            return ""
        bounds[sign[0]] = (sign, left.column, right.value)
    if set(bounds) != {"<", ">"} or bounds["<"][1] != bounds[">"][1]:
        return ""
    (high_sign, column, high), (low_sign, _, low) = bounds["<"], bounds[">"]
    unit = f" {column.measure}" if column.measure else ""
    if (low_sign, high_sign) == (">=", "<="):
        return f"{_called(column)} is from {format_number(low)} to {format_number(high)}{unit}"
    bounds_said = f"{BOUNDS[low_sign]} {format_number(low)} and {BOUNDS[high_sign]} {format_number(high)}"
    return f"{_called(column)} is {bounds_said}{unit}"


def _comparison(sign: str, left: nodes.Amount, right: nodes.Amount) -> str:
    if isinstance(left, nodes.Number) and not isinstance(right, nodes.Number):
        sign, left, right = MIRRORED[sign], right, left
    if isinstance(left, nodes.ColumnAmount) and isinstance(right, nodes.Number):
        column = left.column
        if column.is_boolean and sign in ("==", "!="):
            truth = (right.value == 1) == (sign == "==")
            words = column.codes.get(str(truth))
            return f"{_called(column)} is {words or ('true' if truth else 'false')}"
        value = _meaning(left, right.value)
        unit = f" {column.measure}" if column.measure and value == format_number(right.value) else ""
        return f"{_called(column)} {IN_ENGLISH[sign]} {value}{unit}"
    return f"{_amount(left)} {IN_ENGLISH[sign]} {_amount(right)}"


def _meaning(amount: nodes.Amount, value: float) -> str:
    """What a number means in the amount's column: `1 (White)` reads `White`."""
    if isinstance(amount, nodes.ColumnAmount):
        for known in (*amount.column.values, *amount.column.not_applicable):
            if not isinstance(known, str) and float(known) == value:
                return amount.column.in_words(known)
        return amount.column.codes.get(format_number(value), format_number(value))
    return format_number(value)


def _amount(amount: nodes.Amount) -> str:
    match amount:
        case nodes.ColumnAmount(column):
            return _called(column)
        case nodes.Arithmetic(sign, left, right):
            words = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
            sides = [
                f"({_amount(s)})" if isinstance(s, nodes.Arithmetic) else _amount(s) for s in (left, right)
            ]
            return f"{sides[0]} {words[sign]} {sides[1]}"
        case nodes.Negative(inner):
            return f"minus {_amount(inner)}"
        case nodes.Number(value):
            return format_number(value)


def _called(column: Column) -> str:
    return column.meaning or column.name


def _one_of(values: list[str]) -> str:
    return join_words(values, last="or", limit=MOST_VALUES_SHOWN)


def _none_of(values: list[str]) -> str:
    return (
        f"not {values[0]}" if len(values) == 1 else f"none of {join_words(values, limit=MOST_VALUES_SHOWN)}"
    )


def _bracketed(condition: nodes.Condition, inside: tuple[type, ...]) -> str:
    text = canonical_text(condition)
    return f"({text})" if isinstance(condition, inside) else text


def _value(amount: nodes.Amount, value: nodes.Amount) -> str:
    if (
        isinstance(amount, nodes.ColumnAmount)
        and amount.column.is_boolean
        and isinstance(value, nodes.Number)
    ):
        return str(bool(value.value)) if value.value in (0.0, 1.0) else format_number(value.value)
    return canonical_text(value)


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
