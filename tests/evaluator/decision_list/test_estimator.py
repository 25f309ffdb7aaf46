"""The shared model as a scikit-learn estimator, held against scikit-learn's own checks.

Checks bring tables of their own width and train on them. A model that is fitted already knows its width and classes, so
each check meets a model of the width that it brings. What cannot apply: checks that the estimator learns its labels
(check_classifiers_train, check_regressors_train, check_classifiers_classes), that it accepts any width in turn
(check_positive_only_tag_during_fit), that it cannot learn from one row, column or class (check_fit2d_*,
check_classifiers_one_label), and that it changes its type for array libraries (check_array_api_input).
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from evaluator.decision_list import ModelFileError, PointerDecisionList, Update
from evaluator.decision_list.estimator import BountyClassifier, BountyRegressor
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.errors import TableError
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

ANY_WIDTH = (
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_estimators_partial_fit_n_features",
    "check_estimators_unfitted",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_n_features_in_after_fitting",
    "check_no_attributes_set_in_init",
    "check_non_transformer_estimators_n_iter",
    "check_parameters_default_constructible",
    "check_readonly_memmap_input",
    "check_set_params",
    "check_valid_tag_types",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
)
WIDTH_3 = (
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_pipeline_consistency",
)
WIDTH_5 = ("check_estimators_dtypes",)
CHECKS = [(name, 2) for name in ANY_WIDTH] + [(name, 3) for name in WIDTH_3] + [(name, 5) for name in WIDTH_5]


def saved(folder, task="multiclass", width=2, loss=None, group=None):
    """A list over columns x0, x1, ...: above 0.5 in the first the answer is 1, else 0."""
    classes = tuple(range(10)) if task == "multiclass" else ()
    schema = Schema(tuple(Column(f"x{i}", "number") for i in range(width)), Label("y", task, classes))
    loss = loss or Loss("zero_one" if classes else "squared")
    parts = {"submission:a": GroupAndPatch(group or Part.expression("x0 > 0.5"), Part.constant(1))}
    path = folder / f"{task}-{width}.zip"
    PointerDecisionList(schema, loss, Part.constant(0), [Update("submission:a")], parts).save(path)
    return path


@pytest.mark.parametrize(("name", "width"), CHECKS)
@pytest.mark.parametrize("kind", [BountyClassifier, BountyRegressor])
@pytest.mark.filterwarnings("ignore")
def test_it_passes_scikit_learns_check(tmp_path, kind, name, width):
    task = "multiclass" if kind is BountyClassifier else "regression"
    estimator = kind(saved(tmp_path, task, width))
    getattr(estimator_checks, name)(kind.__name__, estimator)


def test_it_answers_as_the_list_does_for_tables_and_arrays(tmp_path):
    path = saved(tmp_path)
    frame = pd.DataFrame({"x1": [0.0, 0.0], "x0": [0.2, 0.9], "more": [1, 2]})
    estimator = BountyClassifier(path).fit()
    np.testing.assert_array_equal(estimator.predict(frame), PointerDecisionList.load(path).predict(frame))
    np.testing.assert_array_equal(estimator.predict(frame[["x0", "x1"]].to_numpy()), [0, 1])
    assert estimator.score(frame, [0, 1]) == 1.0
    np.testing.assert_array_equal(estimator.predict_proba(frame).argmax(axis=1), [0, 1])


def test_it_is_the_last_step_of_a_pipeline(tmp_path):
    columns = make_column_transformer(("passthrough", ["x0", "x1"]))
    pipeline = make_pipeline(columns, BountyRegressor(saved(tmp_path, "regression")))
    frame = pd.DataFrame({"x0": [0.2, 0.9], "x1": [0.0, 0.0]})
    np.testing.assert_array_equal(pipeline.fit(frame, [0.0, 1.0]).predict(frame), [0.0, 1.0])


def test_a_copy_reads_the_file_again(tmp_path):
    estimator = BountyClassifier(saved(tmp_path)).fit()
    copied = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copied.predict([[0.9, 0.0]]), [1])
    assert not hasattr(clone(estimator), "model_")


def test_a_list_in_memory_needs_no_file_but_cannot_be_pickled(tmp_path):
    estimator = BountyClassifier.from_model(PointerDecisionList.load(saved(tmp_path)))
    np.testing.assert_array_equal(estimator.predict([[0.9, 0.0]]), [1])
    with pytest.raises(TypeError, match="no file to be read from again"):
        pickle.dumps(estimator)


def test_before_fit_it_says_so(tmp_path):
    with pytest.raises(NotFittedError):
        BountyClassifier(saved(tmp_path)).predict([[0.0, 0.0]])


def test_without_a_path_there_is_nothing_to_read():
    with pytest.raises(ValueError, match="needs the path"):
        BountyClassifier().fit()


def test_a_classifier_of_a_number_is_refused(tmp_path):
    with pytest.raises(ValueError, match="needs a BountyRegressor"):
        BountyClassifier(saved(tmp_path, "regression")).fit()


def test_an_array_of_another_width_is_refused(tmp_path):
    with pytest.raises(ValueError, match="X has 3 features, but BountyClassifier is expecting 2"):
        BountyClassifier(saved(tmp_path)).fit().predict([[0.0, 0.0, 0.0]])


def test_a_label_of_an_unknown_class_is_refused(tmp_path):
    with pytest.raises(TableError, match="row 2"):
        BountyClassifier(saved(tmp_path)).fit([[0.0, 0.0], [0.0, 1.0]], [1, 99])


def test_python_inside_needs_trust(tmp_path):
    path = saved(tmp_path, group=Part("python", b"def group(X):\n    return X['x0'] > 0.5\n", "group"))
    with pytest.raises(ModelFileError, match="trust=True"):
        BountyClassifier(path).fit()
    np.testing.assert_array_equal(BountyClassifier(path, trust=True).fit().predict([[0.9, 0.0]]), [1])
