"""Groups as expressions: what they select, how they read, what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import example_expression, parse_expression
from evaluator.schema import Column, Label, Schema
from tests.evaluator.expressions.answers_table import SCHEMA, X

NAN = math.nan


def rows(text: str) -> list[int]:
    return np.flatnonzero(parse_expression(text, SCHEMA).mask(X)).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AGEP >= 50", [1, 4]),
        ("AGEP == -1", [3]),
        ("not (AGEP >= 50)", [0]),
        ("AGEP != 50", [0, 3, 4]),
        ("18 <= AGEP < 70", [1]),
        ("missing(AGEP)", [2]),
        ("not missing(AGEP)", [0, 1, 3, 4]),
        ("SEX == 2 or AGEP > 60", [1, 2, 4]),
        ("SEX in (1, 2)", [0, 1, 2, 4]),
        ("SEX in (1)", [0, 4]),
        ("SEX not in (1,)", [1, 2]),
        ("OCCP != 'sales'", [2, 3]),
        ("OCCP in ['army', 'service']", [2, 3]),
        ("'army' == OCCP", [2]),
        ("WORKS", [0, 3]),
        ("not WORKS", [1, 4]),
        ("WORKS == False", [1, 4]),
        ("`native-country` == 'Cuba'", [0, 2]),
        ("contains(NOTE, 'refund')", [0, 3]),
        ("contains(NOTE, '(')", [3]),
        ("not contains(NOTE, 'refund')", [1, 4]),
        ("AGEP / Größe > 20", [1]),
        ("AGEP - 2 * Größe == 46", [1]),
        ("-AGEP < -60", [4]),
        ("True", [0, 1, 2, 3, 4]),
        ("(AGEP > 5\n and\n SEX == 1)", [0, 4]),
        ("AGEP > 60 or missing(AGEP) and SEX == 2", [2, 4]),
    ],
)
def test_an_expression_selects_the_rows_that_are_known_to_be_in_it(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


def test_a_value_that_is_not_applicable_has_no_order_but_equals_itself() -> None:
    assert 3 not in rows("AGEP < 18")
    assert 3 not in rows("not (AGEP < 18)")
    assert 3 in rows("AGEP in (-1, 10)")
    assert 3 not in rows("AGEP + 0 <= 100")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "SEX == 2 and AGEP > 50 and OCCP in ('sales', 'service')",
            "sex is female, age is above 50 years and occupation is sales or service",
        ),
        ("not (AGEP >= 50)", "age is below 50 years"),
        ("18 <= AGEP <= 30 or WORKS", "age is from 18 to 30 years or works is true"),
        ("18 <= AGEP and SEX != 1", "age is at least 18 years and sex is not male"),
        (
            "SEX == 1 and (AGEP < 5 or missing(AGEP))",
            "sex is male and (age is below 5 years or age is missing)",
        ),
        ("OCCP not in ('sales', 'army')", "occupation is none of sales and army"),
        ("contains(NOTE, 'late')", "the note contains “late”"),
        ("AGEP - Größe > 3", "age minus Größe is above 3"),
        ("True", "everyone"),
    ],
)
def test_a_group_reads_in_english_from_meanings_and_codes(text: str, words: str) -> None:
    assert parse_expression(text, SCHEMA).words() == words


def test_an_expression_names_its_columns_once_in_order() -> None:
    assert parse_expression("SEX == 1 and (AGEP > 3 or SEX == 2)", SCHEMA).columns == ("SEX", "AGEP")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AGE >= 50", "Column `AGE` is not in this competition's table; did you mean `AGEP`?"),
        ("agep >= 50", "did you mean `AGEP`?"),
        ("y == 1", "`y` is the label, which no group can see"),
        ("pid == 1", "`pid` is the unit"),
        ("SEX == 3", "3 is no value of `SEX`. Its values are 1 (male) and 2 (female)."),
        ("SEX in (1, 9)", "9 is no value of `SEX`"),
        ("SEX == 'female'", "did you mean SEX == 2, which is female?"),
        ("SEX == male", "did you mean SEX == 1?"),
        ("OCCP == 'sale'", "'sale' is no value of `OCCP`; did you mean 'sales'?"),
        ("OCCP == sales", "A value is written in quotes"),
        ("OCCP > 'army'", "have no order"),
        ("AGEP == 'old'", "`AGEP` holds numbers, not words"),
        ("AGEP", "alone is no condition"),
        ("AGEP = 5", "Write == to compare"),
        ("AGEP > 5 & SEX == 1", "Write `and` instead of &"),
        ("AGEP > 5 && SEX == 1", "Write `and`, `or`, `not`"),
        ("AGEP == None", "Write missing(COLUMN)"),
        ("AGEP is None", "missing(COLUMN)"),
        ("AGEP between 1 and 2", "18 <= AGE <= 30"),
        ("contains(OCCP, 'a')", "`OCCP` is no text"),
        ("", "The expression is empty"),
    ],
)
def test_a_slip_is_refused_with_what_was_probably_meant(text: str, message: str) -> None:
    with pytest.raises(ParticipantError) as caught:
        parse_expression(text, SCHEMA)
    assert caught.value.error_class is ErrorClass.BAD_EXPRESSION
    assert message in caught.value.detail


def test_a_refusal_points_at_the_place_counted_in_characters() -> None:
    with pytest.raises(ParticipantError) as caught:
        parse_expression("Größe > 1 and\nAGEE == 2", SCHEMA)
    assert "At line 2, column 1:\n    AGEE == 2\n    ^" in caught.value.detail
    with pytest.raises(ParticipantError) as caught:
        parse_expression("Größe > 1 and AGEE == 2", SCHEMA)
    assert "At column 15:" in caught.value.detail


def test_the_example_in_a_refusal_is_of_this_competitions_own_columns():
    for text in ("", "AGEP is old, I think"):
        with pytest.raises(ParticipantError) as refused:
            parse_expression(text, SCHEMA)
        if "An example" in refused.value.detail:
            assert "An example: AGEP >= 50 and SEX == 1" in refused.value.detail
    assert parse_expression(example_expression(SCHEMA), SCHEMA).words()


@pytest.mark.parametrize(
    "columns",
    [
        (Column("NOTE", "text"),),
        (Column("a b", "number"),),
        (Column("x", "category", values=("it's",)),),
        (Column("x", "category", values=(True,)),),
    ],
)
def test_every_example_is_an_expression(columns):
    schema = Schema(columns, Label("y", "binary", (0, 1)))
    assert parse_expression(example_expression(schema), schema)
