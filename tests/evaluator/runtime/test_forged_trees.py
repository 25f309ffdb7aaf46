"""Trees that were changed in their file: scikit-learn would follow them out of its memory, or without an end."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evaluator.runtime import PartError
from evaluator.runtime.skops_part import load_estimator

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
X[:, 2] = np.digitize(X[:, 2], [-1, 0, 1])
Y = ((X[:, 0] + X[:, 1] ** 2 > 1) ^ np.isin(X[:, 2], [0, 2])).astype(int)
MODELS = {
    "tree": lambda: DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, Y),
    "forest": lambda: RandomForestClassifier(5, random_state=0).fit(X, Y),
    "gradient boosting": lambda: GradientBoostingClassifier(n_estimators=4).fit(X, Y),
    "pipeline": lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X, Y),
    "boosting": lambda: HistGradientBoostingClassifier(max_iter=4).fit(X, Y),
    "categories": lambda: HistGradientBoostingClassifier(max_iter=4, categorical_features=[2]).fit(X, Y),
}


def trees(model):
    """Every tree, or what histogram boosting calls a predictor."""
    last = model[-1] if hasattr(model, "steps") else model
    if hasattr(last, "_predictors"):
        return [tree for row in last._predictors for tree in row]
    if hasattr(last, "estimators_"):
        return [tree.tree_ for tree in np.ravel(last.estimators_)]
    return [last.tree_]


def forge(tree, field, value):
    """Write a field of the tree's first node, as an author can in the file."""
    field = {"left": "left_child", "feature_idx": "feature"}.get(field, field) if _plain(tree) else field
    if _plain(tree):
        state = tree.__getstate__()
        state["nodes"] = state["nodes"].copy()
        state["nodes"][field][0] = value
        tree.__setstate__(state)
    else:
        tree.nodes[field][0] = value


def _plain(tree):
    return type(tree).__name__ == "Tree"


@pytest.mark.parametrize("name", MODELS)
def test_an_honest_model_loads(name):
    model = MODELS[name]()
    loaded = load_estimator(skops.io.dumps(model))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("left", 10_000_000, "node 0 of a tree leads to no later node"),
        ("left", 0, "node 0 of a tree leads to no later node"),
        ("feature_idx", 3, "node 0 of a tree asks for a column that the 3 do not hold"),
        ("feature_idx", 2**40, "node 0 of a tree asks for a column that the 3 do not hold"),
    ],
)
def test_a_forged_node_is_refused(name, field, value, message):
    model = MODELS[name]()
    forge(trees(model)[-1], field, value)
    with pytest.raises(PartError, match=message):
        load_estimator(skops.io.dumps(model))


def test_a_forest_is_not_narrower_than_its_trees():
    model = MODELS["forest"]()
    model.n_features_in_ = 1
    with pytest.raises(PartError, match="a tree of 3 columns in a model of 1"):
        load_estimator(skops.io.dumps(model))


def test_a_model_that_hides_how_many_columns_it_reads_is_refused():
    model = MODELS["tree"]()
    del model.n_features_in_
    with pytest.raises(PartError, match="asks for a column"):
        load_estimator(skops.io.dumps(model))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda model: setattr(model, "is_categorical_", None), "without categories"),
        (lambda model: setattr(model._bin_mapper, "is_categorical_", np.zeros(1, dtype=np.uint8)), "told of"),
        (lambda model: [forge_bits(tree) for tree in trees(model)], "a category that is not there"),
    ],
)
def test_forged_categories_are_refused(spoil, message):
    model = MODELS["categories"]()
    assert any(tree.nodes["is_categorical"].any() for tree in trees(model))
    spoil(model)
    with pytest.raises(PartError, match=message):
        load_estimator(skops.io.dumps(model))


def forge_bits(tree):
    tree.nodes["bitset_idx"] = 99
