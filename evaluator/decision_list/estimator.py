"""scikit-learn estimators of the shared model, for pipelines, inspection and scoring; fitted already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags
from sklearn.utils.validation import check_array

from evaluator.decision_list.model import PointerDecisionList


class _BountyEstimator(BaseEstimator):
    """A saved decision list. `fit` learns nothing: it reads the file, and holds a label against it if given one."""

    def __init__(self, path: str | Path | None = None, trust: bool = False) -> None:
        self.path = path
        self.trust = trust

    @classmethod
    def from_model(cls, model: PointerDecisionList) -> Self:
        """A fitted estimator around a list that is in memory. It has no file, so it can be neither cloned nor saved."""
        estimator = cls()
        estimator._take(model)
        return estimator

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Read the file. X, where given, must have the model's columns; y its classes, or numbers.

        Raises ValueError without a path or for another kind of label, storage.ModelFileError for the file, and
        TableError for a column or a label that does not fit.
        """
        if self.path is None:
            raise ValueError(f"{type(self).__name__} needs the path of a saved decision list.")
        self._take(PointerDecisionList.load(self.path, trust=self.trust))
        if X is not None:
            self.model_.schema.conform(self._frame(X))
        if y is not None:
            self.model_.schema.encode_label(pd.Series(np.asarray(y)))
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """One answer a row: the label's own values, or float64[n]. X: a table by column names, or an array in order.

        Raises sklearn.exceptions.NotFittedError before `fit`, ValueError for an array of another width.
        """
        self._check_fitted()
        return self.model_.predict(self._frame(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = True
        tags.input_tags.allow_nan = True  # a missing value is in no group that asks about it
        tags.input_tags.string = tags.input_tags.categorical = True
        tags.no_validation = True  # tables are held against the model's own schema
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Without the model, which holds locks and loaded parts: it is read again from its file."""
        state = dict(super().__getstate__())
        fitted = state.pop("model_", None) is not None
        if fitted and self.path is None:
            raise TypeError(
                "This estimator has no file to be read from again: save the model, and fit from it."
            )
        return {**state, "was_fitted": fitted}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        plain = dict(state)
        fitted = plain.pop("was_fitted", False)
        super().__setstate__(plain)
        if fitted:
            self.fit()

    def _take(self, model: PointerDecisionList) -> None:
        is_regression = model.schema.label.task == "regression"
        if is_regression != isinstance(self, RegressorMixin):
            right = "BountyRegressor" if is_regression else "BountyClassifier"
            raise ValueError(f"The label `{model.schema.label.name}` needs a {right}.")
        self.model_ = model
        self.feature_names_in_ = np.array([c.name for c in model.schema.features], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        if not is_regression:
            self.classes_ = np.asarray(model.schema.label.classes)

    def _check_fitted(self) -> None:
        if not hasattr(self, "model_"):
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet: fit() reads its file.")

    def _frame(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            return X
        array = check_array(X, dtype=None, ensure_all_finite=False)
        if array.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {array.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                "features as input"
            )
        return pd.DataFrame(array, columns=list(self.feature_names_in_))


class BountyClassifier(ClassifierMixin, _BountyEstimator):
    """A saved list as a scikit-learn classifier.

    >>> BountyClassifier("model.zip").fit().predict(table)  # doctest: +SKIP
    """

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Class probabilities float64[n, K] in the order of `classes_`; one column is 1 where the model answers
        with a class alone.
        """
        self._check_fitted()
        return self.model_.predict_proba(self._frame(X))


class BountyRegressor(RegressorMixin, _BountyEstimator):
    """A saved list as a scikit-learn regressor."""
