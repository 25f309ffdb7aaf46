"""Messages of refused expressions: about columns, values, and pieces of Python."""

from __future__ import annotations

import ast

from evaluator.expressions.words import quoted_name
from evaluator.schema import Column, Schema
from evaluator.text import did_you_mean, join_words, shorten_value

INSTEAD: dict[type, str] = {
    ast.BitAnd: "Write `and` instead of &.",
    ast.BitOr: "Write `or` instead of |.",
    ast.Invert: "Write `not` instead of ~.",
}

KINDS: dict[type[ast.expr], str] = {
    ast.Attribute: "A dot after a name",
    ast.Subscript: "Square brackets after a name",
    ast.Lambda: "A lambda",
    ast.JoinedStr: "An f-string",
    ast.IfExp: "`if … else`",
    ast.NamedExpr: "An assignment",
    ast.Tuple: "A list of values without `in`",
    ast.List: "A list of values without `in`",
    ast.ListComp: "A comprehension",
    ast.SetComp: "A comprehension",
    ast.DictComp: "A comprehension",
    ast.GeneratorExp: "A comprehension",
    ast.Starred: "A star",
}


def wrong_kind(node: ast.expr) -> str:
    """The refusal of a piece of Python that cannot stand where it stands."""
    operator = getattr(node, "op", None)
    if type(operator) in INSTEAD:
        return INSTEAD[type(operator)]
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            return "This is a number, not a condition. Compare it: AGE - 18 > 2"
        case ast.BinOp():
            return "Only + - * / can be used on numbers."
        case ast.Constant():
            return f"{shorten_value(node.value)} is no condition. Compare a column with it."
        case ast.Compare() | ast.BoolOp() | ast.Call() | ast.UnaryOp():
            return "A number belongs here, not a condition."
    return f"{KINDS.get(type(node), 'This')} cannot be part of an expression."


def not_words(column: Column, word: str) -> str:
    """The refusal of a numeric column compared with words, perhaps with what one of its codes means."""
    for value in (*column.values, *column.not_applicable):
        meaning = column.in_words(value)
        if meaning.lower() == word.lower():
            shown = "" if meaning == str(value) else f", which is {meaning}"
            return f"`{column.name}` holds numbers; did you mean {quoted_name(column)} == {value!r}{shown}?"
    return f"`{column.name}` holds numbers, not words: {example_condition(column)}"


def list_values(column: Column) -> str:
    """A sentence that lists the column's values with what they mean."""
    shown = [
        f"{value!r} ({column.codes[str(value)]})" if str(value) in column.codes else repr(value)
        for value in column.values
    ]
    return f"Its values are {join_words(shown, limit=12)}."


def example_condition(column: Column) -> str:
    """A valid condition on the column, as an example."""
    if column.kind == "text":
        return f"contains({quoted_name(column)}, 'words')"
    if column.values:
        return f"{quoted_name(column)} == {column.values[0]!r}"
    return f"{quoted_name(column)} >= 50"


def example_expression(schema: Schema) -> str:
    """A valid expression of this schema's columns, as an example: a number and a category, where there are both."""
    columns = [column for column in schema.features if column.kind != "text"] or list(schema.features)
    numbers = [column for column in columns if column.kind == "number"]
    shown = [*numbers[:1], *[column for column in columns if column not in numbers][:1]]
    return " and ".join(example_condition(column) for column in shown)


def unknown_column(wanted: str, schema: Schema) -> str:
    """The refusal of a name that is no feature, with what was probably meant."""
    if wanted in (schema.label.name, schema.unit):
        what = "the label" if wanted == schema.label.name else "the unit"
        return f"`{wanted}` is {what}, which no group can see."
    names = [column.name for column in schema.features]
    meant = did_you_mean(wanted, names)
    if not meant and wanted.lower() in ("true", "false"):
        meant = f"; did you mean {wanted.capitalize()}?"
    if not meant:
        meant = _as_value(wanted, schema) or f". Its columns are {join_words(names, limit=12)}."
    shown = wanted if len(wanted) <= 60 else f"{wanted[:59]}…"
    return f"Column `{shown}` is not in this competition's table{meant}"


def _as_value(wanted: str, schema: Schema) -> str:
    """A value written without its quotes, or by its meaning."""
    for column in schema.features:
        for value in column.values:
            if wanted == value:
                return f". A value is written in quotes: {quoted_name(column)} == {value!r}"
            if column.in_words(value).lower() == wanted.lower():
                return f"; did you mean {quoted_name(column)} == {value!r}?"
    return ""
