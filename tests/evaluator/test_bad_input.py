"""What does not fit is refused by a typed error that names column, row and expectation; nothing has changed then."""

import numpy as np
import pandas as pd
import pytest

from evaluator.adjudication.rule_2026_11.acceptance import Case, Certification, judge_patch
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list import (
    ArrayError,
    Engine,
    Head,
    NodeError,
    PointerDecisionList,
    Practice,
    Step,
    Update,
)
from evaluator.decision_list.engine import take_snapshot
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.errors import TableError
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

ROWS = 12
Y = (np.arange(ROWS) % 2).astype(np.int16)
MASK = np.arange(ROWS) < 6
SCHEMA = Schema(
    (Column("AGE", "number"), Column("SEX", "category", values=("female", "male"))),
    Label("SEEN", "binary", ("no", "yes")),
)
PEOPLE = pd.DataFrame({"AGE": [70.0, 20.0, 30.0], "SEX": ["male", "female", "male"]})


def engine(base=None, y=Y, loss="zero_one", classes=2):
    practice = Practice(slice(0, ROWS), y, Loss(loss), classes=classes)
    return Engine(np.zeros(ROWS, dtype=np.int16) if base is None else base, practice)


def with_row(array, row, value):
    changed = array.copy()
    changed[row] = value
    return changed


CODES, NUMBERS, SHARES = Y, np.zeros(ROWS), np.full((ROWS, 2), 0.5)
STEPS = {
    "a mask that is too short": (engine(), MASK[:-1], CODES, r"bool\[11\], not bool\[12\]", None),
    "a mask that is too long": (engine(), np.append(MASK, True), CODES, r"bool\[13\], not bool\[12\]", None),
    "a mask of numbers": (engine(), MASK.astype(int), CODES, r"int64\[12\], not bool\[12\]", None),
    "too few answers": (engine(), MASK, CODES[:-1], r"shape \(11,\), the model with \(12,\)", None),
    "a class beyond the label's": (engine(), MASK, with_row(CODES, 3, 2), "none of 0 to 1: in row 4, 2", 4),
    "a negative class": (engine(), MASK, with_row(CODES, 3, -1), "none of 0 to 1: in row 4, -1", 4),
    "fractions for classes": (engine(), MASK, CODES * 0.5, "int16 predictions cannot hold the patch's float64", None),
    "a missing number": (
        engine(NUMBERS, NUMBERS, "squared", None), MASK, with_row(NUMBERS, 2, np.nan), "not finite: in row 3, nan", 3),
    "an infinite number": (
        engine(NUMBERS, NUMBERS, "squared", None), MASK, with_row(NUMBERS, 2, np.inf), "not finite: in row 3, inf", 3),
    "a missing share": (
        engine(SHARES, Y, "log"), MASK, with_row(SHARES, 5, np.nan), r"not finite: in row 6, \[nan, nan\]", 6),
    "shares beyond 1": (
        engine(SHARES, Y, "log"), MASK, with_row(SHARES, 5, [1.5, -0.5]), r"sum to 1: in row 6, \[1.5, -0.5\]", 6),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("ask", ["gain", "propose"])
def test_a_step_that_does_not_fit_is_refused_and_leaves_the_engine_as_it_was(name, ask):
    given, mask, answers, message, row = STEPS[name]
    before = {key: array.copy() for key, array in take_snapshot(given).items()}
    with pytest.raises(ArrayError, match=message) as caught:
        getattr(given, ask)(Step("submission:a", mask, answers))
    assert caught.value.row == row
    for key, array in take_snapshot(given).items():
        np.testing.assert_array_equal(array, before[key])


def test_a_verdict_on_what_does_not_fit_is_no_verdict():
    head = Head(0, np.zeros(ROWS, dtype=np.int16))
    practice = Practice(slice(0, 6), Y[:6], Loss("zero_one"), classes=2)
    block = Certification(slice(6, ROWS), Y[6:], LedgerState())
    step = Step("submission:a", MASK, with_row(Y, 2, 7))
    with pytest.raises(ArrayError, match="none of 0 to 1: in row 3, 7"):
        judge_patch(Case(step, head, [head], [], practice, block))


def model(patch=None):
    parts = {"submission:a": GroupAndPatch(Part.expression("AGE > 60"), patch or Part.constant(1))}
    return PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), [Update("submission:a")], parts)


def test_a_column_that_is_missing_is_named_with_the_one_that_was_meant():
    with pytest.raises(TableError, match=r"Column `AGE` is missing from the table.*`AGEE`") as caught:
        model().predict(PEOPLE.rename(columns={"AGE": "AGEE"}))
    assert caught.value.column == "AGE"


def test_a_group_on_an_unknown_column_is_named():
    unknown = GroupAndPatch(Part.expression("AGEE > 60"), Part.constant(1))
    asked = PointerDecisionList(SCHEMA, Loss("zero_one"), Part.constant(0), [Update("x")], {"x": unknown})
    with pytest.raises(NodeError, match=r"group of node 1.*`?AGEE`?.*AGE"):
        asked.predict(PEOPLE)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("old", "Column `AGE` should hold numbers, but row 2 holds .*old"),
        (np.inf, "`AGE`.* infinite .*row 2"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_by_column_and_row(cell, message):
    with pytest.raises(TableError, match=message) as caught:
        model().predict(PEOPLE.assign(AGE=pd.Series([70.0, cell, 30.0], dtype=object)))
    assert (caught.value.column, caught.value.row) == ("AGE", 2)


def test_columns_in_another_order_and_more_of_them_change_nothing():
    other = PEOPLE.assign(MORE=[None, "x", 3])[["MORE", "SEX", "AGE"]]
    assert model().predict(other).tolist() == model().predict(PEOPLE).tolist() == ["yes", "no", "no"]


def test_a_column_that_is_there_twice_is_named():
    with pytest.raises(TableError, match="Column `AGE` is there more than once"):
        model().predict(pd.concat([PEOPLE, PEOPLE[["AGE"]]], axis=1))


def test_an_empty_table_has_no_answers():
    assert model().predict(PEOPLE.iloc[:0]).tolist() == []


def test_an_engine_without_practice_rows_gains_nothing():
    practice = Practice(slice(0, 0), Y[:0], Loss("zero_one"))
    empty = Engine(np.zeros(ROWS, dtype=np.int16), practice)
    assert empty.gain(Step("submission:a", MASK, Y)) == 0
    assert empty.propose(Step("submission:a", MASK, Y)).candidate.added == (Update("submission:a"),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[0.5] * len(X)", r"whole numbers from 0 to 1, not 0.5 \(first in row 1 of those given\)"),
        ("['maybe'] * len(X)", "'maybe' is not a class of the label: 0 is 'no', 1 is 'yes'"),
        (
            "[float('nan')] * len(X)",
            r"missing or infinite \(first in row 1 of those given\): a class code is needed",
        ),
        ("[0] * (len(X) + 1)", "not one value for each of the rows given"),
    ],
)
def test_a_part_s_answers_are_named_with_the_node_and_the_model_still_answers(body, message):
    asked = model(Part("python", f"def predict(X):\n    return {body}\n".encode(), "predict"))
    with pytest.raises(
        NodeError, match=f"patch of node 1 .submission:a., of version 1, failed on 1 rows: .*{message}"
    ):
        asked.predict(PEOPLE)
    assert asked.predict(PEOPLE.iloc[1:]).tolist() == ["no", "no"]
