"""Fitted models, linear weights and searches in text inside the graph: the answers of Python, class for class."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

from evaluator.decision_list import PointerDecisionList, Update
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.fitting import LEARNERS, learners
from evaluator.losses import Loss
from evaluator.onnx_export import ExportError, export_onnx
from evaluator.schema import Column, Label, Schema
from tests.evaluator.onnx_export.lists import NUMBERS, run

COLUMNS = (
    Column("AGE", "number", not_applicable=(-1,)),
    Column("WEIGHT", "number"),
    Column("SEX", "category", values=("female", "male")),
    Column("JOB", "category", values=(1, 2, 9), not_applicable=(9,)),
    Column("INSURED", "category", values=(False, True)),
    Column("NOTE", "text"),
)
LABELS = {
    "zero_one": Label("y", "multiclass", ("a", "b", "c")),
    "log": Label("y", "binary", (1, 2)),
    "cost": Label("y", "binary", ("no", "yes")),
    "squared": Label("y", "regression"),
    "absolute": Label("y", "regression"),
}
LOSSES = {
    "cost": Loss("cost", costs=((0.0, 0.4), (1.0, 0.0))),
    "squared": Loss("squared", low=0.0, high=100.0),
    "absolute": Loss("absolute", low=0.0, high=100.0),
}


def people(rng, rows):
    """Every kind of column with missing values, and words and numbers that the schema does not know."""

    def missing(values, share=0.1):
        return pd.Series(values, dtype=object).where(rng.random(rows) >= share)

    return pd.DataFrame(
        {
            "AGE": missing(rng.integers(-1, 90, rows).astype(float)),
            "WEIGHT": missing(rng.normal(70, 12, rows)),
            "SEX": missing(rng.choice(["female", "male", "unheard of"], rows)),
            "JOB": missing(rng.choice([1.0, 2.0, 9.0, 7.0], rows)),
            "INSURED": missing(rng.choice([True, False], rows)),
            "NOTE": missing(rng.choice(["hello", "World"], rows)),
        }
    )


def truth(rng, X, schema):
    noise = X["AGE"].fillna(40) + 30 * (X["SEX"] == "female") + rng.normal(0, 15, len(X))
    if schema.label.task == "regression":
        return noise.clip(0, 100).to_numpy(dtype=float)
    places = pd.qcut(noise, len(schema.label.classes), labels=False)
    return places.to_numpy().astype(np.int16)


def saved(model) -> bytes:
    return skops.io.dumps(model)


def listed(part, schema, loss, group="AGE >= 30"):
    base = Part.constant(
        [1.0, *[0.0] * (len(schema.label.classes) - 1)] if loss.prediction_kind == "probabilities" else 0
    )
    parts = {"submission:a": GroupAndPatch(Part.expression(group), part)}
    return PointerDecisionList(schema, loss, base, [Update("submission:a")], parts)


def agree(model, frame):
    answers = run(model, frame)
    if model.loss.prediction_kind == "values":
        np.testing.assert_allclose(answers["value"], model.predict(frame), rtol=1e-12, atol=1e-12)
        return
    np.testing.assert_array_equal(answers["label"], model.predict(frame))
    np.testing.assert_allclose(answers["probabilities"], model.predict_proba(frame), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("learner", sorted(LEARNERS))
@pytest.mark.parametrize("loss_name", sorted(LABELS))
def test_every_learner_answers_as_it_does_in_python(learner, loss_name):
    rng = np.random.default_rng(0)
    schema, loss = Schema(COLUMNS, LABELS[loss_name]), LOSSES.get(loss_name, Loss(loss_name))
    X = schema.conform(people(rng, 400))
    model = learners.fit(learner, X, truth(rng, X, schema), schema, loss)
    learners.name_classes(model, schema.label.classes)
    listed_model = listed(Part("skops", saved(model), "predict"), schema, loss, "True")
    for rows in (0, 1, 7, 2000):
        agree(listed_model, people(rng, rows))


@pytest.mark.parametrize("loss_name", sorted(LABELS))
@pytest.mark.parametrize("rows", [0, 5])
def test_constant_models_answer_as_they_do_in_python(loss_name, rows):
    rng = np.random.default_rng(0)
    schema, loss = Schema(COLUMNS, LABELS[loss_name]), LOSSES.get(loss_name, Loss(loss_name))
    X = schema.conform(people(rng, 60))
    y = truth(rng, X, schema)[:rows]
    model = learners.fit_constant(y, len(schema.label.classes), loss, [c.name for c in COLUMNS])
    learners.name_classes(model, schema.label.classes)
    agree(listed(Part("skops", saved(model), "predict"), schema, loss), people(rng, 40))


@pytest.mark.parametrize("loss_name", ["zero_one", "log"])
def test_a_class_that_a_model_never_met_has_no_share(loss_name):
    rng = np.random.default_rng(0)
    schema = Schema(COLUMNS, Label("y", "multiclass", ("a", "b", "c")))
    X = schema.conform(people(rng, 300))
    y = np.where(X["SEX"] == "female", 2, 0).astype(np.int16)
    model = learners.fit("tree", X, y, schema, Loss(loss_name))
    learners.name_classes(model, schema.label.classes)
    agree(listed(Part("skops", saved(model), "predict"), schema, Loss(loss_name)), people(rng, 200))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["tree", "forest", "boosting"]))
@settings(max_examples=15, deadline=None)
def test_values_on_a_threshold_go_the_same_way(seed, learner):
    """Coarse numbers lie on thresholds, and small groups give even votes."""
    rng = np.random.default_rng(seed)
    schema = Schema(COLUMNS[:2], Label("y", "binary", (0, 1)))
    frame = pd.DataFrame({"AGE": rng.integers(0, 6, 80) / 10, "WEIGHT": rng.integers(0, 4, 80) / 3})
    frame[rng.random((80, 2)) < 0.1] = np.nan
    y = rng.integers(0, 2, 80).astype(np.int16)
    y[:2] = 0, 1
    X = schema.conform(frame)
    loss = Loss("zero_one")
    model = learners.fit(learner, X, y, schema, loss)
    halves = np.array([[a, b] for a in np.arange(0, 0.6, 0.05) for b in np.arange(0, 1, 1 / 6)])
    grid = pd.DataFrame(halves, columns=["AGE", "WEIGHT"])
    agree(listed(Part("skops", saved(model), "predict"), schema, loss, "True"), pd.concat([frame, grid]))


def test_a_team_s_own_pipelines_and_groups_are_taken_in():
    rng = np.random.default_rng(1)
    schema, loss = Schema(COLUMNS, Label("y", "binary", ("no", "yes"))), Loss("zero_one")
    X = schema.conform(people(rng, 300))
    y = np.where(X["AGE"] > 50, "yes", "no")
    words = OneHotEncoder(handle_unknown="ignore", categories=[["female", "male"]])
    numbers = make_pipeline(SimpleImputer(strategy="median"))
    prepare = ColumnTransformer([("w", words, ["SEX"]), ("n", numbers, ["AGE", "WEIGHT"])])
    patch = make_pipeline(prepare, ExtraTreesClassifier(20, max_depth=6, random_state=0)).fit(X, y)
    group = make_pipeline(
        ColumnTransformer([("n", numbers, ["WEIGHT"]), ("rest", "drop", ["AGE"])]),
        DecisionTreeClassifier(max_depth=3),
    ).fit(X, (X["WEIGHT"] > 60).to_numpy())
    parts = {
        "submission:a": GroupAndPatch(
            Part("skops", saved(group), "group"), Part("skops", saved(patch), "predict")
        )
    }
    agree(
        PointerDecisionList(schema, loss, Part.constant(0), [Update("submission:a")], parts), people(rng, 500)
    )


@pytest.mark.parametrize(
    ("loss_name", "columns"),
    [("zero_one", 3), ("cost", 1), ("cost", 2), ("log", 1), ("log", 2), ("squared", 1)],
)
def test_linear_weights_answer_as_they_do_in_python(loss_name, columns):
    rng = np.random.default_rng(2)
    schema, loss = Schema(NUMBERS, LABELS[loss_name]), LOSSES.get(loss_name, Loss(loss_name))
    file = save({"weight": rng.normal(size=(len(NUMBERS), columns)), "bias": rng.normal(size=columns)})
    group = save({"weight": rng.normal(size=len(NUMBERS))})
    parts = {
        "submission:a": GroupAndPatch(
            Part("safetensors", group, "group"), Part("safetensors", file, "predict")
        )
    }
    base = Part.constant([0.5, 0.5] if loss_name == "log" else 0)
    frame = people(rng, 400).assign(_t0=rng.normal(size=400))
    agree(
        PointerDecisionList(schema, loss, base, [Update("submission:a")], parts),
        frame[[c.name for c in NUMBERS]],
    )


ODD = [
    "K",
    "k",
    "K",
    "ſ",
    "s",
    "İ",
    "i",
    "I",
    "ı",
    "Σ",
    "σ",
    "ς",
    "ß",
    "ẞ",
    "Ä",
    "ä",
    "\n",
    ".",
    "[",
    "\\",
    "ꟓ",
    "Ა",
]


@given(st.lists(st.lists(st.sampled_from(ODD), max_size=4).map("".join), min_size=1, max_size=12),
       st.lists(st.sampled_from([c for c in ODD if c not in "\n\\"]), min_size=1, max_size=2).map("".join))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_a_search_in_text_finds_what_it_finds_in_python(texts, words):
    schema = Schema((Column("NOTE", "text"),), Label("y", "binary", (0, 1)))
    model = listed(Part.constant(1), schema, Loss("zero_one"), f"contains(NOTE, '{words}')")
    agree(model, pd.DataFrame({"NOTE": [*texts, None]}, dtype=object))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda X, y: GaussianNB().fit(X[["WEIGHT"]].fillna(0), y),
            "GaussianNB has no exact counterpart in ONNX",
        ),
        (
            lambda X, y: LinearRegression().fit(X[["WEIGHT"]].fillna(0), y == "yes"),
            "LinearRegression is no classifier",
        ),
        (
            lambda X, y: make_pipeline(
                ColumnTransformer([("w", OrdinalEncoder(), ["SEX"])]), DecisionTreeClassifier()
            ).fit(X, y),
            "OrdinalEncoder that fails on unknown values",
        ),
        (
            lambda X, y: HistGradientBoostingClassifier(categorical_features=[0]).fit(X[["JOB", "AGE"]], y),
            "boosting that was told which columns are categories",
        ),
        (
            lambda X, y: make_pipeline(
                ColumnTransformer([("n", "passthrough", ["SEX", "AGE"])]), DecisionTreeClassifier()
            ).fit(X.assign(SEX=0.0), y),
            "it reads the words of SEX as numbers",
        ),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(make, message):
    rng = np.random.default_rng(0)
    schema = Schema(COLUMNS, Label("y", "binary", ("no", "yes")))
    X = schema.conform(people(rng, 100))
    part = Part("skops", saved(make(X, rng.choice(["no", "yes"], 100))), "predict")
    with pytest.raises(ExportError, match=f"The patch of submission:a cannot be exported: .*{message}"):
        export_onnx(listed(part, schema, Loss("zero_one")))
