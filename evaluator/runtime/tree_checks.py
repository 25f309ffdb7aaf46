"""Validation of trees in estimators that came from a file: scikit-learn follows their node numbers without looking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.runtime.spec import PartError


def check_trees(estimator: Any) -> None:
    """Raise PartError("load_error") where a tree's nodes would lead out of it, around in circles, or to no column."""
    from sklearn.ensemble import BaseEnsemble
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
    from sklearn.tree import BaseDecisionTree

    for found in _objects(estimator):
        if isinstance(found, BaseDecisionTree) and hasattr(found, "tree_"):
            _check_tree(found.tree_, _width(found))
        elif isinstance(found, BaseHistGradientBoosting) and hasattr(found, "_predictors"):
            _check_boosting(found)
        elif isinstance(found, BaseEnsemble) and not hasattr(found, "estimators_features_"):
            # Ensembles hand their table to their trees without another look at its columns.
            for tree in np.asarray(getattr(found, "estimators_", []), dtype=object).ravel():
                if isinstance(tree, BaseDecisionTree) and _width(tree) != _width(found):
                    raise _forged(f"a tree of {_width(tree)} columns in a model of {_width(found)}")


def _objects(root: Any) -> Iterator[Any]:
    """Everything that an estimator is made of, each once."""
    waiting, seen = [root], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | type(None)):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple | set):
            waiting.extend(one)
        elif isinstance(one, np.ndarray):
            waiting.extend(one.ravel().tolist() if one.dtype == object else [])
        else:
            waiting.extend(getattr(one, "__dict__", {}).values())


def _width(estimator: Any) -> int:
    return int(getattr(estimator, "n_features_in_", -1))


def _check_tree(tree: Any, width: int) -> None:
    nodes = tree.__getstate__()["nodes"]
    inner = nodes["left_child"] != -1  # what scikit-learn takes for a leaf
    _check_nodes(inner, nodes["left_child"], nodes["right_child"], nodes["feature"], width)


def _check_boosting(model: Any) -> None:
    width, categories = _width(model), getattr(model, "is_categorical_", None)
    if categories is not None:
        binned: Any = getattr(getattr(model, "_bin_mapper", None), "is_categorical_", ())
        sizes = {np.size(categories), np.size(binned)}
        if sizes != {width}:
            raise _forged(f"categories told of {sizes} columns in a model of {width}")
    for tree in [tree for trees in model._predictors for tree in trees]:
        nodes = tree.nodes
        inner = nodes["is_leaf"] == 0
        _check_nodes(inner, nodes["left"], nodes["right"], nodes["feature_idx"], width)
        split = nodes[inner & (nodes["is_categorical"] != 0)]
        bits = np.asarray(tree.raw_left_cat_bitsets)
        if len(split) and (categories is None or bits.ndim != 2 or bits.shape[1] != 8):
            raise _forged("a split by category in a model without categories")
        if len(split) and split["bitset_idx"].max() >= len(bits):
            raise _forged("a split by a category that is not there")


def _check_nodes(
    inner: NDArray[np.bool_],
    left: NDArray[np.integer[Any]],
    right: NDArray[np.integer[Any]],
    feature: NDArray[np.integer[Any]],
    width: int,
) -> None:
    """Children come after their parent, so that every way ends."""
    count = len(inner)
    if not count:
        raise _forged("a tree without a node")
    numbers = np.flatnonzero(inner)
    for children in (left[inner].astype(np.int64), right[inner].astype(np.int64)):
        wrong = numbers[(children <= numbers) | (children >= count)]
        if len(wrong):
            raise _forged(f"node {int(wrong[0])} of a tree leads to no later node of its {count}")
    columns = feature[inner].astype(np.int64)
    wrong = numbers[(columns < 0) | (columns >= width)]
    if len(wrong):
        raise _forged(f"node {int(wrong[0])} of a tree asks for a column that the {width} do not hold")


def _forged(what: str) -> PartError:
    return PartError("load_error", f"the file holds {what}: it was not written by skops as it is")
