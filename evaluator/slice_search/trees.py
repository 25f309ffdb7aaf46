"""Slice discovery by shallow regression trees on a model's losses: readable groups, as expressions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from evaluator.expressions import parse_expression
from evaluator.expressions.words import format_number, quoted_name
from evaluator.schema import Column, Schema
from evaluator.schema.infer import is_integral

DEPTH = 3
LEAST_SHARE = 0.005
LEAST_ROWS = 30
# Two groups that share more of their rows than this are one finding (docs/science.md, Findings).
MOST_OVERLAP = 0.8
MOST_TREES = 8
MOST_ROWS = 200_000


@dataclass(frozen=True)
class _Feature:
    """One column of the tree's matrix: a number, or "the category is this value"."""

    column: Column
    value: str | None = None
    whole: bool = False  # only whole numbers: `age >= 28` reads better than `age > 27.5`

    def numbers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        if self.value is not None:
            return (X[self.column.name] == self.value).to_numpy(dtype=np.float64)
        return X[self.column.name].to_numpy(dtype=np.float64)

    def condition(self, threshold: float, above: bool) -> tuple[str, str]:
        """The bound in words of an expression, and its key: a later bound of the same key is the tighter one."""
        name = quoted_name(self.column)
        if self.value is not None:
            return f"{name} {'==' if above else '!='} {self.value!r}", f"{name} {self.value}"
        if self.column.is_boolean:
            return f"{name} == {above}", name
        shown = format_number(float(f"{threshold:.4g}"))
        if self.column.kind == "category":
            kept = [v for v in self.column.values if (float(v) > threshold) == above]
            if len(kept) == 1:
                return f"{name} == {kept[0]}", name
            if len(kept) <= 6 and self.column.codes:
                return f"{name} in ({', '.join(str(v) for v in kept)})", name
            shown = format_number(float(min(kept) if above else max(kept)))
            return f"{name} {'>=' if above else '<='} {shown}", f"{name} {above}"
        if self.whole:
            floor = math.floor(threshold)
            return f"{name} >= {floor + 1}" if above else f"{name} <= {floor}", f"{name} {above}"
        return f"{name} {'>' if above else '<='} {shown}", f"{name} {above}"


def worst_slices(X: pd.DataFrame, loss: NDArray[np.float64], schema: Schema, k: int = 5) -> list[str]:
    """Up to k expressions, the largest excess loss first: weight * (its mean loss - the overall one).

    X is conformed, loss float64[n] per row. Groups hold at least 30 rows and 0.5% of them, and no two overlap by more
    than 0.8 (Jaccard). More trees without the columns of earlier roots are grown while groups are wanting.
    """
    if len(X) > MOST_ROWS:
        chosen = np.random.default_rng(0).choice(len(X), MOST_ROWS, replace=False)
        X, loss = X.iloc[chosen].reset_index(drop=True), loss[chosen]
    least = max(LEAST_ROWS, int(LEAST_SHARE * len(X)))
    if len(X) < 2 * least or k < 1:
        return []
    features = _features(schema, X)
    found: dict[str, tuple[float, NDArray[np.bool_]]] = {}
    for _ in range(MOST_TREES):
        if not features:
            break
        matrix = np.column_stack([feature.numbers(X) for feature in features])
        tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0).fit(
            matrix, loss
        )
        if tree.tree_.node_count == 1:
            break
        for text in _paths(tree, features):
            mask = parse_expression(text, schema).mask(X)
            if text not in found and least <= mask.sum() < len(X):
                found[text] = (float(mask.mean() * (loss[mask].mean() - loss.mean())), mask)
        chosen_kept = _distinct(found, k)
        if len(chosen_kept) >= k:
            break
        root = features[tree.tree_.feature[0]].column.name
        features = [feature for feature in features if feature.column.name != root]
    return _distinct(found, k)


def _features(schema: Schema, X: pd.DataFrame) -> list[_Feature]:
    features = []
    for column in schema.features:
        if column.is_numeric:
            features.append(_Feature(column, whole=is_integral(X[column.name])))
        elif column.kind == "category":
            features += [_Feature(column, str(value)) for value in column.values[:60]]
    return features


def _paths(tree: DecisionTreeRegressor, features: list[_Feature]) -> list[str]:
    """Every node below the root as an expression: the conditions on the way to it, later bounds replacing earlier."""
    inner = tree.tree_
    texts: list[str] = []
    waiting: list[tuple[int, dict[str, str]]] = [(0, {})]
    while waiting:
        node, conditions = waiting.pop()
        if conditions:
            texts.append(" and ".join(conditions.values()))
        if inner.children_left[node] < 0:
            continue
        feature, threshold = features[inner.feature[node]], float(inner.threshold[node])
        for child, above in ((inner.children_left[node], False), (inner.children_right[node], True)):
            if np.isinf(threshold):
                continue  # the split tells missing from known, and says nothing about values
            text, key = feature.condition(threshold, above)
            kept = conditions
            if feature.value is not None and above:  # == makes every != of the column idle
                idle = f"{quoted_name(feature.column)} != "
                kept = {k: v for k, v in conditions.items() if not v.startswith(idle)}
            waiting.append((int(child), {**kept, key: text}))
    return texts


def _distinct(found: dict[str, tuple[float, NDArray[np.bool_]]], k: int) -> list[str]:
    kept: list[str] = []
    # At equal gain the shorter text is the better story.
    for text, (gain, mask) in sorted(found.items(), key=lambda item: (-round(item[1][0], 6), len(item[0]))):
        if gain <= 0 or len(kept) == k:
            break
        others = (found[other][1] for other in kept)
        if all((mask & other).sum() <= MOST_OVERLAP * (mask | other).sum() for other in others):
            kept.append(text)
    return kept
