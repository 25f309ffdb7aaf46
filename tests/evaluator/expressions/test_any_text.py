"""Expressions from anybody: hostile text, any text, and random conditions against a row-by-row interpreter."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import parse_expression
from tests.evaluator.expressions.answers_table import SCHEMA, X

HOSTILE = [
    "AGEP.__class__ == 1",
    "().__class__.__bases__[0].__subclasses__()",
    "__import__('os').system('id')",
    "(lambda: True)()",
    "f'{AGEP}' == 'x'",
    "[x for x in AGEP] == 1",
    "(a := 5) > 3",
    "10**10**10 > AGEP",
    "AGEP > 9" + "9" * 1900,
    "AGEP > 0x" + "f" * 1500,
    "AGEP > 1e400",
    "(" * 900 + "True" + ")" * 900,
    "not " * 490 + "True",
    "-" * 1900 + "1 > AGEP",
    "AGEP\0 > 5",
    "AGEP > 5 \u202e",
    "ＡＧＥＰ > 5",
    "AGEP > 5) or (True",
    "AGEP > 5 # '\n) or (True",
    "True\n)\n(",
    "AGEP > 5; import os",
    "AGEP if WORKS else SEX",
    "AGEP[0] > 1",
    "*AGEP",
    "AGEP, SEX",
    "yield 1",
    "await AGEP",
    "{1: 2}",
    "AGEP == 1j",
    "... == AGEP",
    "b'sales' == OCCP",
    "AGEP in (1, (2, 3))",
    "AGEP in [1] * 10**9",
    "`AGEP > 5",
    "SEX == 'x",
    "missing(AGEP, SEX)",
    "missing(*AGEP)",
    "contains(NOTE, words='x')",
    "contains(NOTE, '" + "x" * 300 + "')",
    "True or " * 300 + "True",
    "@pd.io.common.os.system('id')",
    "AGEP @ SEX == 1",
    "\ud800 == 1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    started = time.thread_time()
    with pytest.raises(ParticipantError) as caught:
        parse_expression(text, SCHEMA)
    assert caught.value.error_class is ErrorClass.BAD_EXPRESSION
    assert time.thread_time() - started < 1


@given(st.text(alphabet="AGEPSX ()<>=!'\"`andornt in,0123456789.-+*/\\\n#[]{}:é", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_either_a_group_or_a_bad_expression(text: str) -> None:
    try:
        parse_expression(text, SCHEMA).mask(X)
    except ParticipantError as error:
        assert error.error_class is ErrorClass.BAD_EXPRESSION


# A plain interpreter, row by row, over a little tree of its own: None is unknown.
Row = dict[str, object]
OPS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def leaf() -> st.SearchStrategy[tuple]:
    return st.one_of(
        st.tuples(st.just("number"), st.sampled_from(list(OPS)), st.integers(-1, 5)),
        st.tuples(st.just("sum"), st.sampled_from(list(OPS)), st.integers(-1, 8)),
        st.tuples(st.just("sex"), st.sampled_from(["==", "!="]), st.sampled_from([1, 2])),
        st.tuples(st.just("work"), st.booleans(), st.lists(st.sampled_from(["sales", "army"]), min_size=1)),
        st.tuples(st.just("missing"), st.sampled_from(["AGEP", "SEX", "OCCP"])),
    )


TREES = st.recursive(
    leaf(),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=12,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "AGEP": st.sampled_from([None, -1, 0, 1, 2, 3, 4]),
            "Größe": st.sampled_from([None, 0, 1, 2]),
            "SEX": st.sampled_from([None, 1, 2]),
            "OCCP": st.sampled_from([None, "sales", "service", "army"]),
        }
    ),
    min_size=1,
    max_size=8,
)


def as_text(tree: tuple) -> str:
    match tree:
        case ("number", sign, value):
            return f"AGEP {sign} {value}"
        case ("sum", sign, value):
            return f"AGEP + Größe {sign} {value}"
        case ("sex", sign, value):
            return f"SEX {sign} {value}"
        case ("work", inside, values):
            return f"OCCP {'in' if inside else 'not in'} {tuple(values)}"
        case ("missing", name):
            return f"missing({name})"
        case ("not", of):
            return f"not ({as_text(of)})"
        case (joint, left, right):
            return f"({as_text(left)}) {joint} ({as_text(right)})"


def truth(tree: tuple, row: Row) -> bool | None:
    match tree:
        case ("number", sign, value):
            if row["AGEP"] is None or (row["AGEP"] == -1 and sign not in ("==", "!=")):
                return None
            return OPS[sign](row["AGEP"], value)
        case ("sum", sign, value):
            if row["AGEP"] in (None, -1) or row["Größe"] is None:
                return None
            return OPS[sign](row["AGEP"] + row["Größe"], value)
        case ("sex", sign, value):
            return None if row["SEX"] is None else OPS[sign](row["SEX"], value)
        case ("work", inside, values):
            return None if row["OCCP"] is None else (row["OCCP"] in values) == inside
        case ("missing", name):
            return row[name] is None
        case ("not", of):
            known = truth(of, row)
            return None if known is None else not known
        case (joint, left, right):
            sides = [truth(left, row), truth(right, row)]
            decisive = joint == "or"
            if decisive in sides:
                return decisive
            return None if None in sides else not decisive


@given(TREES, ROWS)
@settings(max_examples=300, deadline=None)
def test_a_mask_is_what_a_row_by_row_interpreter_says(tree: tuple, table: list[Row]) -> None:
    filled = [{**row, "WORKS": True, "native-country": "Cuba", "NOTE": ""} for row in table]
    conformed = SCHEMA.conform(pd.DataFrame(filled, dtype=object))
    expected = [truth(tree, row) is True for row in table]
    expression = parse_expression(as_text(tree), SCHEMA)
    assert expression.mask(conformed).tolist() == expected
    again = parse_expression(expression.text, SCHEMA)
    assert again.text == expression.text
    assert again.mask(conformed).tolist() == expected
    assert expression.words()
