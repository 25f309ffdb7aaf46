"""A list of parts as the platform makes them: fitted, stored as skops, read back, no trust needed."""

import numpy as np
import pandas as pd
import pytest

from evaluator.decision_list import Head, PointerDecisionList, Practice, Step, Update, extend_head
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.fitting import fit_base
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

COLUMNS = (Column("AGE", "number"), Column("SEX", "category", values=("female", "male")))


@pytest.mark.parametrize("name", ["zero_one", "log", "squared"])
def test_a_loaded_list_answers_what_the_replayed_arrays_say(tmp_path, name):
    rng = np.random.default_rng(6)
    n = 300
    frame = pd.DataFrame({"AGE": rng.normal(40, 15, n), "SEX": rng.choice(["female", "male"], n)})
    label = (
        Label("Y", "regression", low=0, high=1) if name == "squared" else Label("Y", "binary", ("no", "yes"))
    )
    schema, loss = Schema(COLUMNS, label), Loss(name)
    y = (frame["AGE"] > 40).to_numpy().astype(np.float64 if name == "squared" else np.int16)
    X = schema.conform(frame)
    mask = np.asarray(X["SEX"] == "female")
    base, patch = (fit_base(X, y, schema, loss, where=rows, learner="tree") for rows in (~mask, mask))
    practice = Practice(slice(0, n), y, loss)
    head = Head(0, base.predictions)
    replayed = extend_head(head, [head], Step("submission:a", mask, patch.predictions), [], practice)

    parts = {
        "submission:a": GroupAndPatch(
            Part.expression("SEX == 'female'"), Part("skops", patch.content, "predict")
        )
    }
    model = PointerDecisionList(
        schema, loss, Part("skops", base.content, "predict"), [Update("submission:a")], parts
    )
    model.save(tmp_path / "model.zip")
    loaded = PointerDecisionList.load(tmp_path / "model.zip")
    assert replayed.added == (Update("submission:a"),)
    np.testing.assert_allclose(loaded.predict_raw(frame), replayed.predictions, atol=1e-9)
