"""The expression's parser from Python's syntax tree to our nodes: a whitelist, checked against the schema. Nothing
is evaluated.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from evaluator.errors import ParticipantError
from evaluator.expressions import messages, nodes
from evaluator.expressions.source import Source
from evaluator.expressions.words import MIRRORED, quoted_name
from evaluator.schema import Column, Schema
from evaluator.text import did_you_mean, join_words, shorten_value

OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
LARGEST = 1e15
LONGEST_STRING = 200


@dataclass(frozen=True)
class Reader:
    """A reader of one source against a schema."""

    schema: Schema
    source: Source

    def condition(self, node: ast.expr) -> nodes.Condition:
        """The condition of a node. Raises ParticipantError naming what is wrong and where."""
        match node:
            case ast.Constant(value=bool() as value):
                return nodes.Always(value)
            case ast.BoolOp(op=ast.And()):
                return nodes.And(tuple(self.condition(value) for value in node.values))
            case ast.BoolOp():
                return nodes.Or(tuple(self.condition(value) for value in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return nodes.Not(self.condition(node.operand))
            case ast.Compare():
                return self._comparisons(node)
            case ast.Call():
                return self._call(node)
            case ast.Name():
                column = self._column(node)
                if column.is_boolean:
                    return nodes.Compare("==", nodes.ColumnAmount(column), nodes.Number(1.0))
                raise self.source.refusal(
                    f"`{column.name}` alone is no condition. Compare it: {messages.example_condition(column)}",
                    node,
                )
        raise self._wrong_kind(node)

    def _comparisons(self, node: ast.Compare) -> nodes.Condition:
        sides = [node.left, *node.comparators]
        pairs = [
            self._comparison(operator, left, right)
            for operator, left, right in zip(node.ops, sides, sides[1:], strict=False)
        ]
        return pairs[0] if len(pairs) == 1 else nodes.And(tuple(pairs))

    def _comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> nodes.Condition:
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = self._membership(left, right)
            return nodes.Not(found) if isinstance(operator, ast.NotIn) else found
        if isinstance(operator, (ast.Is, ast.IsNot)):
            raise self.source.refusal("Write == to compare, and missing(COLUMN) for missing values.", left)
        sign = OPERATORS[type(operator)]
        if self._is_words(right) and not self._is_words(left):
            left, right, sign = right, left, MIRRORED[sign]
        if self._is_words(left):
            return self._words_compared(sign, left, right)
        if isinstance(right, ast.Constant) and isinstance(right.value, str):
            raise self._not_words(left, right)
        if isinstance(left, ast.Constant) and isinstance(left.value, str):
            raise self._not_words(right, left)
        if sign in ("==", "!="):
            self._check_value(left, right)
            self._check_value(right, left)
        return nodes.Compare(sign, self._amount(left), self._amount(right))

    def _words_compared(self, sign: str, named: ast.expr, other: ast.expr) -> nodes.Condition:
        column = self._column(named)
        if sign not in ("==", "!="):
            problem = f"`{column.name}` holds words, which have no order. Compare it with == or in"
            raise self.source.refusal(f"{problem}: {messages.example_condition(column)}", other)
        among = nodes.Among(column, (self._word(column, other),))
        return among if sign == "==" else nodes.Not(among)

    def _membership(self, left: ast.expr, right: ast.expr) -> nodes.Condition:
        if not isinstance(right, (ast.Tuple, ast.List, ast.Set)):
            if isinstance(
                right, ast.Constant
            ):  # X in ('a') is a slip of everybody's: Python drops the brackets
                right = ast.copy_location(ast.Tuple([right], ast.Load()), right)
            else:
                raise self.source.refusal("After `in` comes a list of values: RACE in (1, 2)", right)
        if not right.elts:
            raise self.source.refusal("The list after `in` is empty.", right)
        if self._is_words(left):
            column = self._column(left)
            return nodes.Among(column, tuple(dict.fromkeys(self._word(column, item) for item in right.elts)))
        amount = self._amount(left)
        values = []
        for item in right.elts:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                raise self._not_words(left, item)
            self._check_value(left, item)
            values.append(self._number(item))
        return nodes.Within(amount, tuple(dict.fromkeys(values)))

    def _call(self, node: ast.Call) -> nodes.Condition:
        known = {"missing": "missing(COLUMN)", "contains": "contains(COLUMN, 'words')"}
        if not isinstance(node.func, ast.Name) or node.func.id not in known:
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            suggestion = did_you_mean(called, known) if called else ""
            raise self.source.refusal(
                f"Only {join_words(list(known.values()))} can be called{suggestion}", node
            )
        wanted = 1 if node.func.id == "missing" else 2
        if node.keywords or len(node.args) != wanted:
            raise self.source.refusal(f"It is written {known[node.func.id]}", node)
        column = self._column(node.args[0])
        if node.func.id == "missing":
            return nodes.Missing(column)
        if column.kind != "text":
            raise self.source.refusal(
                f"`{column.name}` is no text. Compare it: {messages.example_condition(column)}", node
            )
        word = node.args[1]
        if not isinstance(word, ast.Constant) or not isinstance(word.value, str) or not word.value.strip():
            raise self.source.refusal("contains() needs words in quotes: contains(COMMENT, 'refund')", word)
        if len(word.value) > LONGEST_STRING:
            raise self.source.refusal(
                f"The words to look for are longer than {LONGEST_STRING} characters.", word
            )
        return nodes.Contains(column, word.value)

    def _amount(self, node: ast.expr) -> nodes.Amount:
        match node:
            case ast.Constant():
                return nodes.Number(self._number(node))
            case ast.Name():
                column = self._column(node)
                if not column.is_numeric:
                    raise self.source.refusal(
                        f"`{column.name}` holds words, not numbers: {messages.example_condition(column)}",
                        node,
                    )
                return nodes.ColumnAmount(column)
            case ast.UnaryOp(op=ast.USub()):
                if isinstance(node.operand, ast.Constant):
                    return nodes.Number(self._number(node))
                return nodes.Negative(self._amount(node.operand))
            case ast.UnaryOp(op=ast.UAdd()):
                return self._amount(node.operand)
            case ast.BinOp() if type(node.op) in ARITHMETIC:
                return nodes.Arithmetic(
                    ARITHMETIC[type(node.op)], self._amount(node.left), self._amount(node.right)
                )
        raise self._wrong_kind(node)

    def _number(self, node: ast.expr) -> float:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self._number(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        if not isinstance(node, ast.Constant) or not isinstance(node.value, (bool, int, float)):
            if isinstance(node, ast.Constant) and node.value is None:
                raise self.source.refusal("Write missing(COLUMN) for missing values.", node)
            if isinstance(node, ast.Constant):
                raise self.source.refusal(f"{shorten_value(node.value)} is not a number.", node)
            raise self._wrong_kind(node)
        if not abs(node.value) <= LARGEST or not math.isfinite(node.value):
            raise self.source.refusal("This number is too large.", node)
        return float(node.value)

    def _column(self, node: ast.expr) -> Column:
        if not isinstance(node, ast.Name):
            raise self.source.refusal("A column's name belongs here.", node)
        wanted = self.source.quoted.get(node.id, node.id)
        if (
            wanted not in self.source.text
        ):  # Python reads ＡＧＥ as AGE; two spellings of one name hide things
            raise self.source.refusal("Write names in plain letters, as the table does.", node)
        try:
            return self.schema.column(wanted)
        except KeyError:
            raise self.source.refusal(messages.unknown_column(wanted, self.schema), node) from None

    def _is_words(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and not self._column(node).is_numeric

    def _word(self, column: Column, node: ast.expr) -> str:
        """A string that the column can hold."""
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            if isinstance(node, ast.Constant) and node.value is None:
                raise self.source.refusal(f"Write missing({quoted_name(column)}) for missing values.", node)
            raise self.source.refusal(
                f"`{column.name}` is compared with words in quotes: {messages.example_condition(column)}",
                node,
            )
        values = [str(value) for value in column.values]
        if column.kind == "category" and node.value not in values:
            by_code = [value for value in values if column.codes.get(value, "").lower() == node.value.lower()]
            close = f"; did you mean '{by_code[0]}'?" if by_code else did_you_mean(node.value, values)
            raise self.source.refusal(
                f"{shorten_value(node.value)} is no value of `{column.name}`{close.replace('`', chr(39))}"
                f"{'' if close.endswith('?') else '.'} {messages.list_values(column)}",
                node,
            )
        return node.value

    def _check_value(self, named: ast.expr, value: ast.expr) -> None:
        """A number that a category is compared with must be one of its values: a slip otherwise selects nobody."""
        if not isinstance(named, ast.Name) or not isinstance(value, (ast.Constant, ast.UnaryOp)):
            return
        column = self._column(named)
        if column.kind == "category" and column.is_numeric:
            number = self._number(value)
            if number not in {float(known) for known in column.values}:
                raise self.source.refusal(
                    f"{number:g} is no value of `{column.name}`. {messages.list_values(column)}", value
                )

    def _not_words(self, left: ast.expr, string: ast.Constant) -> ParticipantError:
        if not isinstance(left, ast.Name):
            return self.source.refusal(f"{shorten_value(string.value)} is not a number.", string)
        return self.source.refusal(messages.not_words(self._column(left), str(string.value)), string)

    def _wrong_kind(self, node: ast.expr) -> ParticipantError:
        return self.source.refusal(messages.wrong_kind(node), node)
