"""The same people in any table of the schema get the same answers: the definition, row by row, for every loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.decision_list import PointerDecisionList, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema
from tests.evaluator.decision_list.cases import node_lists

COLUMNS = (
    Column("AGE", "number"),
    Column("SEX", "category", values=("female", "male")),
    Column("REGION", "category", values=(1, 2, 3), not_applicable=(9,)),
    Column("SMOKER", "category", values=(False, True)),
    Column("NOTE", "text"),
)
CLASSES = Label("SEEN", "multiclass", (1, 2, 3))
NUMBER = Label("COST", "regression", low=0.0, high=10.0)
# Each with the same condition on one row as Python reads it; a missing value is in no group.
GROUPS = {
    "AGE >= 20 and AGE < 60": lambda r: r["AGE"] is not None and 20 <= r["AGE"] < 60,
    "SEX == 'female'": lambda r: r["SEX"] == "female",
    "not (REGION >= 2)": lambda r: r["REGION"] == 1,
    "SMOKER == True or missing(AGE)": lambda r: r["SMOKER"] is True or r["AGE"] is None,
    "contains(NOTE, 'cough')": lambda r: r["NOTE"] is not None and "cough" in r["NOTE"].lower(),
}
# Python patches that read a column, so that rows cannot be mixed up unnoticed.
ANSWERS = {
    "codes": "(X['AGE'].fillna({i}).to_numpy() + {i}).astype(int) % 3",
    "probabilities": "np.eye(3)[(X['AGE'].fillna({i}).to_numpy() + {i}).astype(int) % 3] * 0.7 + 0.1",
    "values": "X['AGE'].fillna({i}).to_numpy() / 10 + {i} / 7",
}
LOSSES = [
    Loss("zero_one"),
    Loss("cost", costs=((0.0, 0.5, 1.0), (0.2, 0.0, 0.2), (1.0, 1.0, 0.0))),
    Loss("log"),
    Loss("squared", low=0.0, high=10.0),
    Loss("absolute", low=0.0, high=10.0),
]


def answer(loss: Loss, row: dict, i: int) -> object:
    age = i if row["AGE"] is None else row["AGE"]
    if loss.prediction_kind == "values":
        return age / 10 + i / 7
    code = int(age + i) % 3
    return np.eye(3)[code] * 0.7 + 0.1 if loss.prediction_kind == "probabilities" else code


def define(loss: Loss, nodes, row: dict) -> object:
    """The definition for one person."""
    if not nodes:
        return answer(loss, row, 7)
    *older, node = nodes
    i = int(node.key.split(":")[1])
    if not list(GROUPS.values())[i](row):
        return define(loss, older, row)
    return answer(loss, row, i) if isinstance(node, Update) else define(loss, nodes[: node.target], row)


def model(loss: Loss, nodes) -> PointerDecisionList:
    def patch(i: int) -> Part:
        body = ANSWERS[loss.prediction_kind].replace("{i}", str(i))
        return Part("python", f"import numpy as np\ndef predict(X):\n    return {body}\n".encode(), "predict")

    parts = {
        f"submission:{i}": GroupAndPatch(Part.expression(text), patch(i)) for i, text in enumerate(GROUPS)
    }
    schema = Schema(COLUMNS, NUMBER if loss.prediction_kind == "values" else CLASSES)
    return PointerDecisionList(schema, loss, patch(7), nodes, parts)


@st.composite
def people(draw) -> list[dict]:
    return draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "AGE": st.none() | st.integers(0, 90),
                    "SEX": st.sampled_from(["female", "male", "unheard of", None]),
                    "REGION": st.sampled_from([1, 2, 3, 9, 77, None]),
                    "SMOKER": st.sampled_from([True, False, None]),
                    "NOTE": st.sampled_from(["a Cough", "nothing", "", None]),
                }
            ),
            max_size=12,
        )
    )


def tables(rows: list[dict]) -> list[pd.DataFrame]:
    """The same people as tables that differ in everything but what they say."""
    plain = pd.DataFrame(rows, columns=[c.name for c in COLUMNS], dtype=object)
    nullable = pd.DataFrame(
        {
            "NOTE": pd.array(plain["NOTE"].tolist(), dtype="string"),
            "SMOKER": pd.array(plain["SMOKER"].tolist(), dtype="boolean"),
            "MORE": np.arange(len(rows)),
            "REGION": pd.array(plain["REGION"].tolist(), dtype="Int64"),
            "SEX": pd.Categorical(plain["SEX"], categories=["male", "unheard of", "female"]),
            "AGE": pd.array(plain["AGE"].tolist(), dtype="Int16"),
        },
        index=np.full(len(rows), 7),
    )
    floats = plain.assign(
        AGE=pd.Series(plain["AGE"], dtype="float32"),
        REGION=pd.Series(plain["REGION"], dtype="float64"),
        SMOKER=plain["SMOKER"].map(lambda v: None if v is None else float(v)),
    ).set_index(pd.Index(range(len(rows), 0, -1)))
    words = plain.assign(SMOKER=plain["SMOKER"].map(lambda v: None if v is None else str(v)))
    return [plain, nullable, floats, words[words.columns[::-1]]]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
@settings(max_examples=12, deadline=None)
@given(nodes=node_lists(), rows=people())
def test_every_table_of_the_same_people_has_the_definitions_answers(loss, nodes, rows):
    patched = model(loss, nodes)
    expected = [define(loss, list(nodes), row) for row in rows]
    for frame in tables(rows):
        found = patched.predict_raw(frame)
        assert len(found) == len(rows)
        if rows:
            np.testing.assert_allclose(found, np.array(expected), rtol=1e-6)
        if loss.prediction_kind == "codes":
            assert patched.predict(frame).tolist() == [code + 1 for code in expected]
        elif loss.prediction_kind == "probabilities":
            assert patched.predict(frame).tolist() == [int(np.argmax(row)) + 1 for row in expected]
        for i in range(min(2, len(rows))):
            np.testing.assert_allclose(patched.predict_raw(frame.iloc[[i]])[0], expected[i], rtol=1e-6)
