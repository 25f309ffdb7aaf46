"""Expressions as graph nodes, in three-valued logic, with the arithmetic of evaluator.expressions.mask."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from evaluator.expressions import nodes
from evaluator.onnx_export.columns import Columns
from evaluator.onnx_export.graph import Graph

COMPARISONS = {"==": "Equal", "<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual"}
# The first version of ONNX's operators that searches in text.
TEXT_OPSET = 20
ARITHMETIC = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}


@dataclass(frozen=True)
class Known:
    """Two tensors of a condition: known to be true, and known to be false."""

    true: str
    false: str


@dataclass(frozen=True)
class Conditions:
    """A converter of conditions to graph nodes."""

    graph: Graph
    columns: Columns

    def mask(self, condition: nodes.Condition) -> str:
        """The tensor bool[n] of a condition's mask."""
        # A condition of constants alone has no rows of its own.
        return self.graph.add("And", self.columns.all_true(), self.known(condition).true)

    def known(self, condition: nodes.Condition) -> Known:
        """The tensors of a condition in three-valued logic."""
        graph, columns = self.graph, self.columns
        match condition:
            case nodes.Always(value):
                return self._decided(graph.constant(value), columns.all_true())
            case nodes.Not(inner):
                known = self.known(inner)
                return Known(known.false, known.true)
            case nodes.And(inner):
                parts = [self.known(part) for part in inner]
                return Known(graph.all_of([p.true for p in parts]), graph.any_of([p.false for p in parts]))
            case nodes.Or(inner):
                parts = [self.known(part) for part in inner]
                return Known(graph.any_of([p.true for p in parts]), graph.all_of([p.false for p in parts]))
            case nodes.Missing(column):
                if column.kind == "text":
                    missing = columns.is_one_of(column.name, [""])
                else:
                    missing = graph.add("IsNaN", columns.as_numbers(column))
                return self._decided(missing, columns.all_true())
            case nodes.Compare():
                return self._compare(condition)
            case nodes.Within(amount, values):
                numbers = self._amount(amount, ordered=False)
                whole = graph.add("Expand", numbers, columns.count)
                return self._decided(graph.is_among(whole, list(values), np.float64), self._finite(whole))
            case nodes.Among(column, words):
                return self._among(column, words)
            case nodes.Contains(column, words):
                present = graph.add("Not", columns.is_one_of(column.name, [""]))
                found = graph.add("RegexFullMatch", column.name, pattern=contains_pattern(words))
                return self._decided(found, present)

    def _compare(self, condition: nodes.Compare) -> Known:
        ordered = condition.operator not in ("==", "!=")
        left, right = self._amount(condition.left, ordered), self._amount(condition.right, ordered)
        if condition.operator == "!=":
            holds = self.graph.add("Not", self.graph.add("Equal", left, right))
        else:
            holds = self.graph.add(COMPARISONS[condition.operator], left, right)
        return self._decided(holds, self.graph.add("And", self._finite(left), self._finite(right)))

    def _amount(self, amount: nodes.Amount, ordered: bool) -> str:
        """double[n], or double[] of a number; NaN where unknown."""
        graph = self.graph
        match amount:
            case nodes.Number(value):
                return graph.constant(value, np.float64)
            case nodes.ColumnAmount(column):
                numbers = self.columns.numbers(column)
                if ordered and column.not_applicable:
                    without = [float(value) for value in column.not_applicable]
                    hidden = graph.is_among(numbers, without, np.float64)
                    return graph.add("Where", hidden, graph.constant(np.nan), numbers)
                return numbers
            case nodes.Negative(inner):
                return graph.add("Neg", self._amount(inner, ordered=True))
            case nodes.Arithmetic(sign, left, right):
                result = graph.add(ARITHMETIC[sign], self._amount(left, True), self._amount(right, True))
                return graph.add("Where", self._finite(result), result, graph.constant(np.nan))

    def _among(self, column: nodes.Column, words: tuple[str, ...]) -> Known:
        graph = self.graph
        if column.kind == "text":
            known = graph.add("Not", self.columns.is_one_of(column.name, [""]))
            return self._decided(self.columns.is_one_of(column.name, list(words)), known)
        codes = self.columns.codes(column)
        values = [str(value) for value in column.values]
        wanted = [values.index(word) for word in words if word in values]
        known = graph.add("GreaterOrEqual", codes, graph.constant(0, np.int64))
        return self._decided(graph.is_among(codes, wanted, np.int64), known)

    def _finite(self, numbers: str) -> str:
        return self.graph.add("Less", self.graph.add("Abs", numbers), self.graph.constant(np.inf))

    def _decided(self, true: str, known: str) -> Known:
        graph = self.graph
        return Known(graph.add("And", true, known), graph.add("And", graph.add("Not", true), known))


def needed_opset(condition: nodes.Condition) -> int:
    """The ONNX opset that a condition needs, where that is more than others do; else 0."""
    match condition:
        case nodes.Contains():
            return TEXT_OPSET
        case nodes.Not(inner):
            return needed_opset(inner)
        case nodes.And(inner) | nodes.Or(inner):
            return max(needed_opset(part) for part in inner)
    return 0


def contains_pattern(words: str) -> str:
    """The regular expression of all texts that hold the words, whatever their case.

    Every character that evaluator.expressions.mask lowers to a searched one is named: the runtimes' own ways to
    ignore case differ for some of them.
    """
    known = _characters_of()
    classes = [known.get(low, low) for low in words.lower()]
    return "(?s).*" + "".join(map(_class, classes)) + ".*"


def _class(characters: str) -> str:
    """Any one of the characters; of none, what no text holds."""
    named = "".join(rf"\x{{{ord(character):x}}}" for character in characters)
    return f"[{named}]" if named else r"[^\x{0}-\x{10ffff}]"


@lru_cache(maxsize=1)
def _characters_of() -> dict[str, str]:
    """Each character that is lowered, or that others are lowered to: all characters that are lowered to it."""
    every = pd.Series([chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000])
    lowered = every.astype("str").str.lower()
    changed = (lowered != every).to_numpy()
    pairs = list(zip(every[changed], lowered[changed], strict=True))
    found = {low: low for _, low in pairs} | {character: "" for character, _ in pairs}
    for character, low in pairs:
        found[low] += character
    return found
