"""Random lists over tiny tables, and the row-by-row definition that they are held against."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from evaluator.decision_list import Head, Node, Practice, Protected, Repair, Step, Update
from evaluator.losses import Loss


def answer_of_row(nodes, base, masks, patches, row):
    """The definition: from newest to oldest; a repair continues at an older head."""
    if not nodes:
        return base[row]
    *older, node = nodes
    if not masks[node.key][row]:
        return answer_of_row(older, base, masks, patches, row)
    if isinstance(node, Update):
        return patches[node.key][row]
    return answer_of_row(nodes[: node.target], base, masks, patches, row)


def answers(nodes, base, masks, patches):
    rows = [answer_of_row(list(nodes), base, masks, patches, row) for row in range(len(base))]
    return np.array(rows, dtype=base.dtype)


@st.composite
def node_lists(draw, keys=5, most=12) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for position in range(draw(st.integers(0, most))):
        key = f"submission:{draw(st.integers(0, keys - 1))}"
        if draw(st.booleans()):
            nodes.append(Update(key))
        else:
            nodes.append(Repair(key, draw(st.integers(0, position))))
    return tuple(nodes)


@st.composite
def histories(draw):
    """A base model, steps that were accepted one after the other, declared groups and practice rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = int(rng.integers(2, 40))
    practice_rows = int(rng.integers(1, n + 1))
    regression = draw(st.booleans())
    y = rng.random(n) if regression else rng.integers(0, 3, n).astype(np.int16)

    def predictions():
        right = rng.random(n) < rng.random()
        wrong = rng.random(n) if regression else rng.integers(0, 3, n).astype(np.int16)
        return np.where(right, y, wrong).astype(y.dtype)

    def mask():
        return rng.random(n) < rng.choice([0.0, 0.1, 0.3, 0.7, 1.0])

    tolerance = draw(st.sampled_from([0.0, 0.0, 0.05]))
    practice = Practice(
        slice(0, practice_rows),
        y[:practice_rows],
        Loss("squared") if regression else Loss("zero_one"),
        tolerance,
        draw(st.sampled_from([1, 3])),
    )
    steps = [Step(f"submission:{i}", mask(), predictions()) for i in range(draw(st.integers(1, 6)))]
    declared = [Protected(f"declared:{i}", mask(), declared=True) for i in range(draw(st.integers(0, 3)))]
    return Head(0, predictions()), steps, declared, practice
