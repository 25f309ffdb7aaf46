"""Many groups on one table: what they share is computed once, and changes nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.expressions import mask, parse_expression
from evaluator.expressions.mask import Masks, share_conditions
from evaluator.schema import Column, Label, Schema

SCHEMA = Schema(
    (Column("AGE", "number"), Column("SEX", "category", values=("female", "male")), Column("NOTE", "text")),
    Label("SEEN", "binary", (0, 1)),
)
ATOMS = [
    "AGE >= 18",
    "AGE == 30",
    "AGE / (AGE - 5) > 1",
    "missing(AGE)",
    "SEX == 'female'",
    "contains(NOTE, 'late')",
    "True",
    "1 < 2",
    "AGE in (5, 30)",
]


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = {
        "AGE": rng.choice([5.0, 18.0, 30.0, np.nan], n),
        "SEX": rng.choice(np.array(["female", "male", None], dtype=object), n),
        "NOTE": rng.choice(np.array(["Late again", "fine", None], dtype=object), n),
    }
    return SCHEMA.conform(pd.DataFrame(frame))


texts = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda text: f"not ({text})")
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), st.sampled_from([0, 1, 8, 21]), st.sampled_from([0, 10**9]))
def test_groups_that_share_their_parts_select_what_each_selects_alone(several, n, kept):
    X, pool = people(n), {}
    masks, before = Masks(X), mask.MOST_BYTES
    mask.MOST_BYTES = kept
    try:
        for text in several:
            condition = parse_expression(text, SCHEMA).condition
            found = masks.mask(share_conditions(condition, pool))
            alone = [bool(Masks(X.iloc[[i]]).mask(condition)[0]) for i in range(n)]
            assert found.tolist() == alone
    finally:
        mask.MOST_BYTES = before


def test_an_equal_condition_is_computed_once_for_all_groups(monkeypatch):
    computed, compute = [], Masks._compute
    monkeypatch.setattr(Masks, "_compute", lambda self, c: computed.append(c) or compute(self, c))
    X, pool = people(50), {}
    masks = Masks(X)
    for text in ("AGE >= 18 and SEX == 'male'", "not (AGE >= 18)", "SEX == 'male' or AGE >= 18", "AGE >= 18"):
        masks.mask(share_conditions(parse_expression(text, SCHEMA).condition, pool))
    assert len(computed) == 5  # two comparisons, and one each of and, or and not


@pytest.mark.parametrize("text", ["AGE >= 18", "not (AGE >= 18)"])
def test_a_missing_value_is_in_no_group_in_a_shared_block_either(text):
    X = people(40)
    masks = Masks(X)
    assert not masks.mask(parse_expression(text, SCHEMA).condition)[X["AGE"].isna()].any()
