"""Composition of an expression from choices in words, for those who explore without JavaScript."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import parse_expression
from evaluator.expressions.words import quoted_name
from evaluator.schema import Column, Schema
from evaluator.text import did_you_mean

COMPARISONS = ("==", "!=", ">=", "<=", ">", "<", "contains", "missing")


def add_condition(schema: Schema, expression: str, column: str, comparison: str, value: str) -> str:
    """The expression with one more condition joined by `and`.

    Raises ParticipantError (bad_expression) where the condition is none; the expression itself is not looked at.
    """
    try:
        found = schema.column(column)
    except KeyError:
        known = [feature.name for feature in schema.features]
        problem = _("There is no column `%(column)s`%(did_you_mean)s") % {
            "column": column[:60],
            "did_you_mean": did_you_mean(column, known) or ".",
        }
        raise ParticipantError(ErrorClass.BAD_EXPRESSION, problem) from None
    if comparison not in COMPARISONS:
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION, _("Choose how the column is compared from the list.")
        )
    condition = parse_expression(_condition(found, comparison, value.strip()), schema).text
    return (
        f"({expression}) and {condition}" if _needs_brackets(expression) else _joined(expression, condition)
    )


def _condition(column: Column, comparison: str, value: str) -> str:
    name = quoted_name(column)
    if comparison == "missing":
        return f"missing({name})"
    if not value:
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION,
            (_("Write a value that `%(name)s` is compared with.") % {"name": column.name}),
        )
    literal = _literal(column, value)
    if comparison == "contains":
        return f"contains({name}, {literal})"
    return f"{name} {comparison} {literal}"


def _literal(column: Column, value: str) -> str:
    """A typed value as a literal: its own spelling, or what it means in words."""
    by_words = {words.lower(): known for known, words in column.codes.items()}
    value = by_words.get(value.lower(), value)
    if not column.is_numeric:
        return repr(value)
    if column.is_boolean:
        return {"true": "True", "yes": "True", "false": "False", "no": "False"}.get(value.lower(), value)
    try:
        float(value)
    except ValueError:
        raise ParticipantError(
            ErrorClass.BAD_EXPRESSION,
            (
                _("`%(name)s` is compared with a number; %(value)s is none.")
                % {"name": column.name, "value": f"{value[:40]!r}"}
            ),
        ) from None
    return value


def _needs_brackets(expression: str) -> bool:
    """Whether `and` would bind tighter than something inside."""
    return " or " in f" {' '.join(expression.split())} "


def _joined(expression: str, condition: str) -> str:
    return f"{expression} and {condition}" if expression else condition
