"""scikit-learn's trees as graph nodes: the leaf that each row reaches, in double precision, and the leaves' values.

ONNX's ensembles of trees answer in single precision. So each tree answers with the number of its leaf, which single
precision holds exactly, and the leaves' own values are looked up and added in double, tree after tree, as
scikit-learn adds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from evaluator.onnx_export.graph import Graph, NotConvertible

# Single precision holds every whole number up to here.
MOST_NODES = 1 << 24


@dataclass(frozen=True, eq=False)
class Tree:
    """The nodes of a tree by number, the root first. A leaf's children are of no meaning."""

    left: NDArray[np.integer[Any]]  # int[nodes]: where a value at or below the threshold goes
    right: NDArray[np.integer[Any]]
    feature: NDArray[np.integer[Any]]
    threshold: NDArray[np.float64]  # float64[nodes]
    missing_left: NDArray[np.bool_]  # bool[nodes]: where a missing value goes
    is_leaf: NDArray[np.bool_]
    values: NDArray[np.float64]  # float64[nodes, answers]

    @classmethod
    def from_sklearn(cls, tree: Any) -> Tree:
        """The nodes of a `sklearn.tree._tree.Tree`."""
        nodes = tree.__getstate__()["nodes"]
        return cls(
            nodes["left_child"],
            nodes["right_child"],
            nodes["feature"],
            nodes["threshold"],
            nodes["missing_go_to_left"].astype(bool),
            nodes["left_child"] < 0,
            tree.value[:, 0, :].astype(np.float64),
        )

    @classmethod
    def from_boosting(cls, predictor: Any) -> Tree:
        """The nodes of histogram boosting's `TreePredictor` without categories."""
        nodes = predictor.nodes
        return cls(
            nodes["left"].astype(np.int64),
            nodes["right"].astype(np.int64),
            nodes["feature_idx"],
            nodes["num_threshold"],
            nodes["missing_go_to_left"].astype(bool),
            nodes["is_leaf"].astype(bool),
            nodes["value"].astype(np.float64)[:, None],
        )

    def with_a_branch(self) -> Tree:
        """The same, with a branch at its root: a tree that is one leaf is no tree to every runtime."""
        if len(self.is_leaf) > 1:
            return self
        no, leaves = np.zeros(3, dtype=bool), np.array([False, True, True])
        left, right, first = np.array([1, -1, -1]), np.array([2, -1, -1]), np.zeros(3, dtype=np.int64)
        return Tree(left, right, first, np.zeros(3), no, leaves, np.repeat(self.values, 3, axis=0))


def answers_of_trees(graph: Graph, matrix: str, trees: Sequence[Tree]) -> list[str]:
    """double[n, answers] of each tree, for rows double[n, p]."""
    trees = [tree.with_a_branch() for tree in trees]
    ends = np.cumsum([len(tree.is_leaf) for tree in trees])
    if ends[-1] > MOST_NODES:
        raise NotConvertible(f"it has {ends[-1]} nodes, more than single precision can number")
    reached = graph.add("Cast", _leaf_numbers(graph, matrix, trees), to=TensorProto.INT64)
    values = graph.constant(np.concatenate([tree.values for tree in trees]))
    each = []
    for number in range(len(trees)):
        leaf = graph.add("Gather", reached, graph.constant(number, np.int64), axis=1)
        each.append(graph.add("Gather", values, leaf, axis=0))
    return each


def _leaf_numbers(graph: Graph, matrix: str, trees: Sequence[Tree]) -> str:
    """float[n, trees]: the leaf that a row reaches in each tree, counted over all trees' nodes."""
    sizes = [len(tree.is_leaf) for tree in trees]
    numbers = np.concatenate([np.arange(size) for size in sizes])
    tree_of = np.repeat(np.arange(len(trees)), sizes)
    leaf = np.concatenate([tree.is_leaf for tree in trees])

    def inner(arrays: list[NDArray[Any]]) -> list[int]:
        found: list[int] = np.where(leaf, 0, np.concatenate(arrays)).astype(np.int64).tolist()
        return found

    thresholds = np.where(leaf, 0.0, np.concatenate([tree.threshold for tree in trees]))
    return graph.add(
        "TreeEnsembleRegressor",
        matrix,
        domain="ai.onnx.ml",
        n_targets=len(trees),
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=tree_of.tolist(),
        nodes_nodeids=numbers.tolist(),
        nodes_featureids=inner([tree.feature for tree in trees]),
        nodes_modes=["LEAF" if is_leaf else "BRANCH_LEQ" for is_leaf in leaf],
        nodes_values_as_tensor=numpy_helper.from_array(thresholds),
        nodes_truenodeids=inner([tree.left for tree in trees]),
        nodes_falsenodeids=inner([tree.right for tree in trees]),
        nodes_missing_value_tracks_true=inner([tree.missing_left for tree in trees]),
        target_treeids=tree_of[leaf].tolist(),
        target_nodeids=numbers[leaf].tolist(),
        target_ids=tree_of[leaf].tolist(),
        target_weights_as_tensor=numpy_helper.from_array(np.flatnonzero(leaf).astype(np.float64)),
    )
