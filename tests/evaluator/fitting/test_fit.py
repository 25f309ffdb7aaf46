"""Fitted models: ordinary skops parts within a time limit, and honest about what could not be learnt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import skops.io

from evaluator.errors import ErrorClass, ParticipantError, TableError
from evaluator.fitting import LEARNERS, fit, fit_base, fit_patch
from evaluator.losses import Loss, make_loss
from evaluator.schema import Schema, infer_schema
from evaluator.slice_search.trees import worst_slices

TRUSTED = ["sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def table(n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(0, 90, n).astype(float),
            "town": rng.choice(["north", "south", "west"], n),
            "sex": rng.integers(1, 3, n),
            "works": rng.random(n) < 0.5,
            "note": [f"text number {i} of many" for i in range(n)],
        }
    )
    frame["y"] = np.where((frame["age"] > 40) ^ (frame["town"] == "west"), "yes", "no")
    frame["amount"] = frame["age"] * 2 + (frame["sex"] == 2) * 30 + rng.normal(size=n)
    frame.loc[::9, "age"] = np.nan
    frame.loc[::13, "town"] = None
    return frame


def prepared(label: str) -> tuple[pd.DataFrame, np.ndarray, Schema]:
    frame = table().drop(columns="amount" if label == "y" else "y")
    schema = infer_schema(frame, label)
    return schema.conform(frame), schema.encode_label(frame[label]), schema


def loss_for(name: str, schema: Schema) -> Loss:
    return make_loss(name, schema.label, [[0, 1], [3, 0]] if name == "cost" else None)


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("name", ["zero_one", "cost", "log", "squared", "absolute"])
def test_every_learner_learns_and_holds_only_trusted_types(learner: str, name: str) -> None:
    X, y, schema = prepared("amount" if name in ("squared", "absolute") else "y")
    loss = loss_for(name, schema)
    where = np.arange(len(X)) % 2 == 0
    base = fit_base(X, y, schema, loss, where, learner=learner)
    assert set(skops.io.get_untrusted_types(data=base.content)) <= set(TRUSTED)
    model = skops.io.loads(base.content, trusted=TRUSTED)
    # A single row, a missing value and an unknown category are answered like any other.
    answers = model.predict_proba(X.tail(1)) if name == "log" else model.predict(X.tail(1))
    if name in ("zero_one", "cost"):
        assert answers.tolist() == [schema.label.classes[int(base.predictions[-1])]]
    else:
        np.testing.assert_allclose(answers, base.predictions[-1:])
    constant = {"zero_one": 0.45, "cost": 0.2, "log": 0.1, "squared": 0.07, "absolute": 0.22}[name]
    assert loss.rows(y[~where], base.predictions[~where]).mean() < constant
    assert base.notice == "Text is not used by fitted models: note."


@pytest.mark.parametrize("rows", [0, 1, 19])
def test_fewer_than_twenty_rows_give_a_constant_patch_with_a_notice(rows: int) -> None:
    X, y, schema = prepared("y")
    for name in ("zero_one", "cost", "log"):
        patch = fit_patch("boosting", X.head(rows), y[:rows], schema, loss_for(name, schema))
        assert patch.notice.startswith(f"The group holds {rows} of the train rows; below 20")
        assert len(set(skops.io.loads(patch.content).predict(X).tolist())) == 1


def test_of_very_many_rows_a_part_is_fitted_on_and_all_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, schema = prepared("y")
    monkeypatch.setattr(fit, "MOST_ROWS", 300)
    patch = fit_patch("tree", X, y, schema, Loss.default(schema.label))
    assert patch.notice.startswith(
        "The group holds 900 train rows; the patch was fitted on 300 of them at random."
    )
    assert (patch.predictions == y).mean() > 0.9


def test_one_class_gives_a_constant_patch_that_answers_it() -> None:
    X, y, schema = prepared("y")
    chosen = y == 1
    patch = fit_patch("tree", X[chosen], y[chosen], schema, Loss.default(schema.label))
    assert "are `yes`, so the patch gives everyone the same answer" in patch.notice
    assert set(skops.io.loads(patch.content).predict(X).tolist()) == {"yes"}


def test_a_constant_patch_weighs_costs() -> None:
    X, _, schema = prepared("y")
    y = np.array([0] * 12 + [1] * 6, dtype=np.int16)
    cheap = fit_patch("tree", X.head(18), y, schema, make_loss("zero_one", schema.label))
    dear = fit_patch("tree", X.head(18), y, schema, loss_for("cost", schema))
    assert skops.io.loads(cheap.content).predict(X.head(1)).tolist() == ["no"]
    assert skops.io.loads(dear.content).predict(X.head(1)).tolist() == ["yes"]


def test_a_fit_that_takes_too_long_is_stopped_and_the_next_one_works() -> None:
    X, y, schema = prepared("y")
    loss = Loss.default(schema.label)
    many = pd.concat([X] * 40, ignore_index=True)
    fit_patch("tree", X, y, schema, loss)
    with pytest.raises(ParticipantError, match=r"longer than 0\.05 seconds") as caught:
        fit_patch("forest", many, np.tile(y, 40), schema, loss, limit_s=0.05)
    assert caught.value.error_class is ErrorClass.TIME
    assert fit_patch("tree", X, y, schema, loss).content


def test_an_unknown_learner_is_refused_with_a_suggestion() -> None:
    X, y, schema = prepared("y")
    with pytest.raises(TableError, match="no learner `boostin`; did you mean `boosting`"):
        fit_patch("boostin", X, y, schema, Loss.default(schema.label))


def test_the_worst_slices_are_expressions_that_find_a_planted_failure() -> None:
    X, _, schema = prepared("y")
    failing = ((X["town"] == "west") & (X["age"] > 50)).to_numpy()
    slices = worst_slices(X, np.where(failing, 0.9, 0.1), schema, 4)
    assert slices[0] in ("town == 'west' and age >= 51", "age >= 51 and town == 'west'")
    assert len(slices) == len(set(slices)) <= 4


def test_without_excess_loss_no_slice_is_suggested() -> None:
    X, _, schema = prepared("y")
    assert worst_slices(X, np.full(len(X), 0.3), schema, 4) == []
    assert worst_slices(X.head(20), np.arange(20) / 20, schema, 4) == []
