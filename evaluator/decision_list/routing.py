"""Routing of rows to leaves: the whole table at once, in sets of bits, without recursion (docs/science.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from evaluator.bitsets import Words, pack_mask, row_numbers, unpack_mask
from evaluator.decision_list.nodes import Node, Update

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Holds = Callable[[str, Rows], Words]

# Where no more than this share of the rows is still on its way, only they are carried on ...
_SHRINK = 4
# ... unless so few are left that nothing would be won.
_SMALL = 4096


def route_rows(nodes: Sequence[Node], n: int, holds: Holds) -> Rows:
    """The leaf of each of n rows, intp[n]: i + 1 for the patch of nodes[i], 0 for the base model.

    One pass from the newest node to the oldest. A repair sends rows back to an older head, where they wait until
    the pass arrives. `holds(key, rows)` says which of the given rows are in a group, packed; it is asked at most
    once a key, for all rows that are still on their way (and maybe for some that are not).
    """
    leaf = np.zeros(n, dtype=np.intp)
    front = _Front(n)
    oldest = {node.key: position for position, node in reversed(list(enumerate(nodes, start=1)))}
    for position in range(len(nodes), 0, -1):
        front.start_from(position)
        node = nodes[position - 1]
        if not front.walking.any():
            if not front.waiting:
                break
            continue
        if node.key not in front.members:
            front.members[node.key] = holds(node.key, front.rows)
        hit = front.walking & front.members[node.key]
        if oldest[node.key] == position:
            del front.members[node.key]
        if not hit.any():
            continue
        front.walking ^= hit
        if not isinstance(node, Update) and node.target:
            front.wait(node.target, hit)
            continue
        rows = row_numbers(hit)
        if isinstance(node, Update):  # otherwise the base model answers, which is what leaf holds already
            leaf[front.rows[rows]] = position
        front.arrived(len(rows))
    return leaf


class _Front:
    """Rows on their way: those that walk with the pass, and those that wait for it at an older head."""

    def __init__(self, n: int) -> None:
        self.rows = np.arange(n)
        self._left = n
        self.walking = pack_mask(np.ones(n, dtype=np.bool_))
        self.waiting: dict[int, Words] = {}
        self.members: dict[str, Words] = {}

    def start_from(self, position: int) -> None:
        """Rows that waited here walk on."""
        arrived = self.waiting.pop(position, None)
        if arrived is not None:
            self.walking |= arrived

    def wait(self, position: int, rows: Words) -> None:
        known = self.waiting.get(position)
        self.waiting[position] = rows if known is None else known | rows

    def arrived(self, count: int) -> None:
        """Leave the rows behind that have found their leaf, once they are many."""
        self._left -= count
        if len(self.rows) > _SMALL and self._left * _SHRINK <= len(self.rows):
            self._shrink()

    def _shrink(self) -> None:
        live = self.walking.copy()
        for parked in self.waiting.values():
            live |= parked
        kept = row_numbers(live)
        n = len(self.rows)
        self.rows = self.rows[kept]
        self.walking = pack_mask(unpack_mask(self.walking, n)[kept])
        self.waiting = {at: pack_mask(unpack_mask(words, n)[kept]) for at, words in self.waiting.items()}
        self.members = {key: pack_mask(unpack_mask(words, n)[kept]) for key, words in self.members.items()}


def check_nodes(nodes: Sequence[Node]) -> None:
    """Raise ValueError for a repair that does not go back, naming the node."""
    for index, node in enumerate(nodes):
        if not isinstance(node, Update) and not 0 <= node.target <= index:
            raise ValueError(
                f"Node {index + 1} repairs to {node.target} nodes, but only {index} come before it."
            )
