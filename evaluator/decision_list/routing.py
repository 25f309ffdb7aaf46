"""Which leaf answers which row: the whole table at once, without recursion (docs/science.md, The shared model)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.nodes import Node, Update

Rows = npt.NDArray[np.intp]


def route(nodes: Sequence[Node], n: int, holds: Callable[[str, Rows], npt.NDArray[np.bool_]]) -> Rows:
    """The leaf of each of n rows: i + 1 for the patch of nodes[i], 0 for the base model.

    One pass from the newest node to the oldest. A repair sends rows back to an older head, where they wait until
    the pass arrives. `holds(key, rows)` says which of the given rows are in a group; it is asked at most once a
    key, for all rows that are still on their way.
    """
    leaf = np.zeros(n, dtype=np.intp)
    walking = np.ones(n, dtype=np.bool_)
    waiting: dict[int, list[Rows]] = {}
    members: dict[str, npt.NDArray[np.bool_]] = {}
    for position in range(len(nodes), 0, -1):
        for rows in waiting.pop(position, ()):
            walking[rows] = True
        node = nodes[position - 1]
        if not walking.any():
            if not waiting:
                break
            continue
        if node.key not in members:
            members[node.key] = _members(node.key, walking, waiting, holds)
        hit = np.flatnonzero(walking & members[node.key])
        if not len(hit):
            continue
        walking[hit] = False
        if isinstance(node, Update):
            leaf[hit] = position
        elif node.target:  # otherwise the base model answers, which is what leaf holds already
            waiting.setdefault(node.target, []).append(hit)
    return leaf


def _members(
    key: str,
    walking: npt.NDArray[np.bool_],
    waiting: dict[int, list[Rows]],
    holds: Callable[[str, Rows], npt.NDArray[np.bool_]],
) -> npt.NDArray[np.bool_]:
    """Membership of every row that may still meet a node of this key."""
    undecided = walking.copy()
    for parked in waiting.values():
        for rows in parked:
            undecided[rows] = True
    rows = np.flatnonzero(undecided)
    undecided[rows] = holds(key, rows)
    return undecided


def check_nodes(nodes: Sequence[Node]) -> None:
    """ValueError for a repair that does not go back, naming the node."""
    for index, node in enumerate(nodes):
        if not isinstance(node, Update) and not 0 <= node.target <= index:
            raise ValueError(
                f"Node {index + 1} repairs to {node.target} nodes, but only {index} come before it."
            )
