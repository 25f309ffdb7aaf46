"""Parsed expressions: the mask, the canonical text, the English and the columns of a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.expressions import nodes, source, words
from evaluator.expressions.grammar import Reader
from evaluator.expressions.mask import evaluate_condition
from evaluator.schema import Schema


@dataclass(frozen=True)
class Expression:
    """A group of rows, described by their features alone."""

    condition: nodes.Condition
    schema: Schema

    @property
    def text(self) -> str:
        """The expression in its canonical spelling; parsing it again gives the same group."""
        return words.canonical_text(self.condition)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, in the order in which they appear."""
        return words.column_names(self.condition)

    def mask(self, X: pd.DataFrame) -> NDArray[np.bool_]:
        """The group's mask bool[n] on a conformed table (Schema.conform): the rows that are known to be in it."""
        return evaluate_condition(self.condition, X)

    def words(self) -> str:
        """The group in English, from the schema's meanings and codes: "sex is female and age is above 50 years"."""
        return words.english_text(self.condition)


def parse_expression(text: str, schema: Schema) -> Expression:
    """The parsed expression. Raises ParticipantError(bad_expression) naming the place, and what was probably meant."""
    tree = source.parse_source(text, schema)
    return Expression(Reader(schema, tree).condition(tree.tree), schema)
